/** Whether the network carries the picture, decided from the figures of the sending encoder. Pure; times are milliseconds. */

import { type EncoderSample, isNarrow } from "./copy/strain";

export interface UplinkWatch {
  before: EncoderSample | null;
  /** Fills while the picture does not get through and drains while it does. */
  slowMs: number;
}

export const CARRIES: UplinkWatch = { before: null, slowMs: 0 };

const TOO_LONG_MS = 8_000;
/** Once told it stays told for as long again: an offer that flickers is none. */
const LONGEST_MS = 2 * TOO_LONG_MS;
const LONGEST_STEP_MS = 5_000;
/** The resolution is kept, so a narrow network shows in the number of frames. */
const FEWEST_FRAMES = 10;

export function watchUplink(watch: UplinkWatch, sample: EncoderSample): UplinkWatch {
  const { before } = watch;
  const step = before === null ? 0 : sample.at - before.at;
  if (before === null || step <= 0 || step > LONGEST_STEP_MS) return { ...watch, before: sample };
  const slow = isNarrow(sample) === true && isHeldBack(sample);
  const slowMs = Math.min(LONGEST_MS, Math.max(0, watch.slowMs + (slow ? step : -step)));
  return { before: sample, slowMs };
}

/** Chromium says nothing where nothing is sent. */
function isHeldBack({ sentPerSecond: sent, capturedPerSecond: captured }: EncoderSample): boolean {
  if (captured === null) return sent !== null && sent < FEWEST_FRAMES;
  return (sent ?? 0) < Math.min(FEWEST_FRAMES, captured / 2);
}

export function isTooSlow(watch: UplinkWatch): boolean {
  return watch.slowMs >= TOO_LONG_MS;
}
