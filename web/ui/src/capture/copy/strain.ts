/**
 * Whether the device can afford a second encoder, decided from the figures of the first one: the encoder that
 * sends the interview must never suffer for the copy. Pure; times are milliseconds.
 */

/** What the sending encoder says of itself; `null` where a browser does not tell. Totals grow from its start. */
export interface EncoderSample {
  at: number;
  /** Total time in which the processor was what held the quality down. */
  cpuLimitedMs: number | null;
  /** Total time in which it was the network. */
  networkLimitedMs: number | null;
  /** Total time spent encoding. */
  encodingMs: number | null;
  sentPerSecond: number | null;
  capturedPerSecond: number | null;
}

export interface Strain {
  before: EncoderSample | null;
  /** Fills while the device is overtaxed and drains while it is not, so that a short peak decides nothing. */
  strainedMs: number;
}

export const RELAXED: Strain = { before: null, strainedMs: 0 };

const TOO_LONG_MS = 10_000;
/** Samples further apart tell nothing about the time between them. */
const LONGEST_STEP_MS = 5_000;
/** Below this share of its time the encoder is at ease again, though the browser still holds it back. */
const AT_EASE = 0.4;
/** Above it there is no time left between frames. */
const SATURATED = 0.9;
/** Fewer than this share of what the camera gave is a picture that stutters. */
const FRAMES_KEPT = 0.7;

export function observe(strain: Strain, sample: EncoderSample): Strain {
  const { before, strainedMs } = strain;
  const step = before === null ? 0 : sample.at - before.at;
  if (before === null || step <= 0 || step > LONGEST_STEP_MS) return { before: sample, strainedMs };
  const share = (total: "cpuLimitedMs" | "networkLimitedMs" | "encodingMs") =>
    before[total] === null || sample[total] === null ? null : (sample[total] - before[total]) / step;
  const [processor, network, load] = [share("cpuLimitedMs"), share("networkLimitedMs"), share("encodingMs")];
  // A new connection counts from zero again.
  if ([processor, network, load].some((each) => each !== null && each < 0)) {
    return { before: sample, strainedMs };
  }
  const held = processor !== null && processor > 0.5 && (load === null || load > AT_EASE);
  // Where the browser does not say that it was not the network, the encoder must be seen to be the reason.
  const encoderToBlame = network === null ? load !== null && load > SATURATED : network < 0.1;
  const overtaxed = held || (encoderToBlame && stutters(sample));
  return { before: sample, strainedMs: Math.max(0, strainedMs + (overtaxed ? step : -step)) };
}

/** Whether the copy has to give way. */
export function isTooMuch(strain: Strain): boolean {
  return strain.strainedMs >= TOO_LONG_MS;
}

function stutters({ sentPerSecond, capturedPerSecond }: EncoderSample): boolean {
  if (sentPerSecond === null || capturedPerSecond === null) return false;
  return sentPerSecond < FRAMES_KEPT * capturedPerSecond;
}

/** The figures of the sending video encoder; `null` while there is none. */
export function encoderSample(stats: RTCStatsReport, at: number): EncoderSample | null {
  const entries = [...stats.values()];
  const sender = entries.find((entry) => entry.type === "outbound-rtp" && entry.kind === "video");
  if (sender === undefined) return null;
  const source = entries.find((entry) => entry.type === "media-source" && entry.kind === "video");
  return {
    at,
    cpuLimitedMs: milliseconds(sender.qualityLimitationDurations?.cpu),
    networkLimitedMs: milliseconds(sender.qualityLimitationDurations?.bandwidth),
    encodingMs: milliseconds(sender.totalEncodeTime),
    sentPerSecond: sender.framesPerSecond ?? null,
    capturedPerSecond: source?.framesPerSecond ?? null,
  };
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === "number" ? seconds * 1000 : null;
}
