/**
 * Whether the device can afford a second encoder, decided from the figures of the first one: the encoder that
 * sends the interview must never suffer for the copy. Pure; times are milliseconds.
 */

/** What the sending encoder says of itself; `null` where a browser does not tell. Totals grow from its start. */
export interface EncoderSample {
  at: number;
  /** Total time in which the processor was what held the quality down. */
  cpuLimitedMs: number | null;
  /** What the network carries of the bitrate that the picture may have, 0 to 1. */
  rateShare: number | null;
  /** Total time spent encoding. */
  encodingMs: number | null;
  sentPerSecond: number | null;
  capturedPerSecond: number | null;
}

export interface Strain {
  before: EncoderSample | null;
  /** Fills while the device is overtaxed and drains while it is not, so that a short peak decides nothing. */
  strainedMs: number;
  /** Frames sent per second while no second encoder was running. */
  usual: number | null;
  /** The picture is left out to see whether that helps. */
  trial: { lastsMs: number; frames: number; samples: number } | null;
  /** It did help, or the browser itself names the processor: no more pictures in this session. */
  weak: boolean;
}

export const RELAXED: Strain = { before: null, strainedMs: 0, usual: null, trial: null, weak: false };

const TOO_LONG_MS = 10_000;
/** Samples further apart tell nothing about the time between them. */
const LONGEST_STEP_MS = 5_000;
/** Below this share of its time the encoder is at ease again, though the browser still holds it back. */
const AT_EASE = 0.4;
/** Above it there is no time left between frames. */
const SATURATED = 0.9;
/** Fewer than this share of the frames is a picture that stutters; half of that share is urgent. */
const FRAMES_KEPT = 0.7;
const TRIAL_MS = 10_000;
/** It takes the camera a moment to recover. */
const TRIAL_BEGINS_MS = 2_000;
/** So much of the usual frames comes back when the copy was to blame, and not a camera in poor light. */
const RECOVERED = 0.85;
/** How fast the usual figure follows. */
const NEW_SHARE = 0.2;

const ENOUGH_RATE = 0.5;

/**
 * Whether the network holds the picture back; `null` where a browser does not tell. Chromium's `qualityLimitationReason` stays
 * `none` then: it knows of the network only where the resolution may fall, and ours may not.
 */
export function isNarrow({ rateShare }: EncoderSample): boolean | null {
  return rateShare === null ? null : rateShare < ENOUGH_RATE;
}

/** Whether the picture may be copied too, and not the sound alone. */
export function mayCopyPicture({ weak, trial }: Strain): boolean {
  return !weak && trial === null;
}

/** `copying` says whether a picture was being copied while this was measured. */
export function observe(strain: Strain, sample: EncoderSample, copying: boolean): Strain {
  const { before } = strain;
  const step = before === null ? 0 : sample.at - before.at;
  const next = { ...strain, before: sample };
  if (before === null || step <= 0 || step > LONGEST_STEP_MS) return next;
  const share = (total: "cpuLimitedMs" | "encodingMs") =>
    before[total] === null || sample[total] === null ? null : (sample[total] - before[total]) / step;
  const shares = {
    processor: share("cpuLimitedMs"),
    load: share("encodingMs"),
  };
  // A new connection counts from zero again.
  if (Object.values(shares).some((each) => each !== null && each < 0)) return next;
  return copying ? strained(next, sample, shares, step) : rested(next, sample, step);
}

interface Shares {
  processor: number | null;
  load: number | null;
}

function strained(strain: Strain, sample: EncoderSample, { processor, load }: Shares, step: number): Strain {
  const { usual } = strain;
  const { sentPerSecond: sent, capturedPerSecond: captured } = sample;
  const narrow = isNarrow(sample);
  const held = processor !== null && processor > 0.5 && (load === null || load > AT_EASE);
  // Where the browser does not say that it was not the network, the encoder must be seen to be the reason.
  const encoderToBlame = narrow === null ? load !== null && load > SATURATED : !narrow;
  const stutters = sent !== null && captured !== null && sent < FRAMES_KEPT * captured;
  const slower = narrow !== null && sent !== null && usual !== null && sent < FRAMES_KEPT * usual;
  const overtaxed = held || (encoderToBlame && (stutters || slower));
  const urgent = slower && sent < (FRAMES_KEPT * usual) / 2;
  const strainedMs = Math.max(0, strain.strainedMs + step * (overtaxed ? (urgent ? 2 : 1) : -1));
  if (strainedMs < TOO_LONG_MS) return { ...strain, strainedMs };
  // Fewer frames may have another reason: the copy gives way, and comes back when that was no help.
  if (!held && slower) return { ...strain, strainedMs: 0, trial: { lastsMs: 0, frames: 0, samples: 0 } };
  return { ...strain, strainedMs, weak: true };
}

function rested(strain: Strain, sample: EncoderSample, step: number): Strain {
  const { usual, trial } = strain;
  const { sentPerSecond: sent } = sample;
  const strainedMs = Math.max(0, strain.strainedMs - step);
  if (sent === null || isNarrow(sample) === true) return { ...strain, strainedMs };
  if (trial === null || usual === null) {
    const follows = usual === null ? sent : usual + NEW_SHARE * (sent - usual);
    return { ...strain, strainedMs, usual: follows };
  }
  const lastsMs = trial.lastsMs + step;
  const counts = lastsMs > TRIAL_BEGINS_MS;
  const frames = trial.frames + (counts ? sent : 0);
  const samples = trial.samples + (counts ? 1 : 0);
  if (lastsMs < TRIAL_MS) return { ...strain, strainedMs, trial: { lastsMs, frames, samples } };
  const mean = frames / Math.max(1, samples);
  return { ...strain, strainedMs, trial: null, weak: mean >= RECOVERED * usual, usual: mean };
}

/** The figures of the sending video encoder, which may have `most` bits per second; `null` while there is none. */
export function encoderSample(
  stats: RTCStatsReport,
  at: number,
  most: number | undefined,
): EncoderSample | null {
  const entries = [...stats.values()];
  const sender = entries.find((entry) => entry.type === "outbound-rtp" && entry.kind === "video");
  if (sender === undefined) return null;
  const source = entries.find((entry) => entry.type === "media-source" && entry.kind === "video");
  return {
    at,
    cpuLimitedMs: milliseconds(sender.qualityLimitationDurations?.cpu),
    rateShare: most && typeof sender.targetBitrate === "number" ? sender.targetBitrate / most : null,
    encodingMs: milliseconds(sender.totalEncodeTime),
    sentPerSecond: sender.framesPerSecond ?? null,
    capturedPerSecond: source?.framesPerSecond ?? null,
  };
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === "number" ? seconds * 1000 : null;
}
