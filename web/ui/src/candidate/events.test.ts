import { describe, expect, it } from "vitest";
import { backOff } from "./events";

describe("reconnecting the event socket", () => {
  it("waits longer each time, up to eight seconds", () => {
    const longest = [0, 1, 2, 3, 4, 5, 20].map((failures) => backOff(failures, 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it("spreads many pages over at least half of the wait", () => {
    expect(backOff(3, 0)).toBe(2000);
    expect(backOff(3, 1)).toBe(4000);
  });
});
