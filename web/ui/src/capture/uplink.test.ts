import { describe, expect, it } from "vitest";
import { CARRIES, isTooSlow, watchUplink } from "./uplink";

/** One second after the other; `limited` says how much of each the network held the picture back. */
function tooSlowAfter(seconds: { frames: number | null; limited: number | null }[]): boolean {
  let total = 0;
  let watch = CARRIES;
  seconds.forEach(({ frames, limited }, index) => {
    total += limited ?? 0;
    watch = watchUplink(watch, {
      at: index * 1000,
      cpuLimitedMs: 0,
      networkLimitedMs: limited === null ? null : total,
      encodingMs: null,
      sentPerSecond: frames,
      capturedPerSecond: 30,
    });
  });
  return isTooSlow(watch);
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const slow = { frames: 4, limited: 1000 };
const good = { frames: 30, limited: 0 };

describe("a network too slow for the picture", () => {
  it("is told after eight seconds, not before", () => {
    expect(tooSlowAfter(times(7, slow))).toBe(false);
    expect(tooSlowAfter(times(10, slow))).toBe(true);
  });
  it("is not told of a weak camera or a weak processor", () => {
    expect(tooSlowAfter(times(30, { frames: 4, limited: 0 }))).toBe(false);
  });
  it("is not told while the frames come, or by a browser that says nothing", () => {
    expect(tooSlowAfter(times(30, { frames: 20, limited: 1000 }))).toBe(false);
    expect(tooSlowAfter(times(30, { frames: 4, limited: null }))).toBe(false);
  });
  it("is over when the network is better for a while", () => {
    expect(tooSlowAfter([...times(30, slow), ...times(5, good)])).toBe(true);
    expect(tooSlowAfter([...times(30, slow), ...times(10, good)])).toBe(false);
  });
});
