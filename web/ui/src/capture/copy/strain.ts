/**
 * Whether the device can afford a second encoder, decided from the figures of the first one: the encoder that
 * sends the interview must never suffer for the copy. Pure; times are milliseconds.
 */

/** What the sending encoder says of itself; `null` where a browser does not tell. Totals grow from its start. */
export interface EncoderSample {
  at: number;
  /** Total time in which the processor was what held the quality down. */
  cpuLimitedMs: number | null;
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
/** Where the browser does not name the processor: no time left between frames, and frames are missing. */
const SATURATED = 0.9;
const FRAMES_KEPT = 0.7;

export function observe(strain: Strain, sample: EncoderSample): Strain {
  const { before, strainedMs } = strain;
  const step = before === null ? 0 : sample.at - before.at;
  if (before === null || step <= 0 || step > LONGEST_STEP_MS) return { before: sample, strainedMs };
  const limited = growth(before.cpuLimitedMs, sample.cpuLimitedMs);
  const encoding = growth(before.encodingMs, sample.encodingMs);
  // A new connection counts from zero again.
  if ((limited ?? 0) < 0 || (encoding ?? 0) < 0) return { before: sample, strainedMs };
  const load = encoding === null ? null : encoding / step;
  const overtaxed =
    limited === null ? starved(load, sample) : limited / step > 0.5 && (load === null || load > AT_EASE);
  return { before: sample, strainedMs: Math.max(0, strainedMs + (overtaxed ? step : -step)) };
}

/** Whether the copy has to give way. */
export function isTooMuch(strain: Strain): boolean {
  return strain.strainedMs >= TOO_LONG_MS;
}

function starved(load: number | null, { sentPerSecond, capturedPerSecond }: EncoderSample): boolean {
  if (load === null || sentPerSecond === null || capturedPerSecond === null) return false;
  return load > SATURATED && sentPerSecond < FRAMES_KEPT * capturedPerSecond;
}

function growth(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
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
    encodingMs: milliseconds(sender.totalEncodeTime),
    sentPerSecond: sender.framesPerSecond ?? null,
    capturedPerSecond: source?.framesPerSecond ?? null,
  };
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === "number" ? seconds * 1000 : null;
}
