import { describe, expect, it } from "vitest";
import { CARRIES, isTooSlow, watchUplink } from "./uplink";

interface Second {
  frames: number | null;
  /** Share of the bitrate. */
  rate: number | null;
  captured?: number | null;
}

function tooSlowAfter(seconds: Second[]): boolean {
  let watch = CARRIES;
  seconds.forEach(({ frames, rate, captured = 30 }, index) => {
    watch = watchUplink(watch, {
      at: index * 1000,
      cpuLimitedMs: 0,
      rateShare: rate,
      encodingMs: null,
      sentPerSecond: frames,
      capturedPerSecond: captured,
    });
  });
  return isTooSlow(watch);
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const slow = { frames: 4, rate: 0.1 };
const good = { frames: 30, rate: 1 };

describe("a network too slow for the picture", () => {
  it("is told after eight seconds, not before", () => {
    expect(tooSlowAfter(times(7, slow))).toBe(false);
    expect(tooSlowAfter(times(10, slow))).toBe(true);
    expect(tooSlowAfter(times(10, { ...slow, frames: null }))).toBe(true);
  });
  it("is not told of a weak camera or a weak processor", () => {
    expect(tooSlowAfter(times(30, { frames: 4, rate: 1 }))).toBe(false);
    expect(tooSlowAfter(times(30, { frames: 4, rate: 0.1, captured: 5 }))).toBe(false);
  });
  it("is not told while the frames come, or by a browser that says nothing", () => {
    expect(tooSlowAfter(times(30, { frames: 20, rate: 0.1 }))).toBe(false);
    expect(tooSlowAfter(times(30, { frames: 4, rate: null }))).toBe(false);
    // Nor where no picture is sent at all.
    expect(tooSlowAfter(times(30, { frames: null, rate: 0, captured: null }))).toBe(false);
  });
  it("is over when the network is better for a while", () => {
    expect(tooSlowAfter([...times(30, slow), ...times(5, good)])).toBe(true);
    expect(tooSlowAfter([...times(30, slow), ...times(10, good)])).toBe(false);
  });
});
