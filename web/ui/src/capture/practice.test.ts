import { describe, expect, it } from "vitest";
import { hintsOf, LEVEL_STEP_MS } from "./practice";

/** So many syllables a second for five seconds, as loud as `peak`. */
function voice(perSecond: number, peak: number): number[] {
  const count = 5_000 / LEVEL_STEP_MS;
  return Array.from({ length: count }, (_, i) => {
    const phase = (i * LEVEL_STEP_MS * perSecond) / 1000;
    return peak - 4 + 4 * Math.cos(2 * Math.PI * phase);
  });
}

const BRIGHT = [{ middle: 0.5, edge: 0.5 }];

describe("hints of a practice answer", () => {
  it("praise what is good", () => {
    expect(hintsOf({ levels: voice(4, -20), pictures: BRIGHT })).toEqual([
      "loudness_good",
      "pace_good",
      "light_good",
    ]);
  });

  it("tell loud, quiet and silent apart", () => {
    const first = (levels: number[]) => hintsOf({ levels, pictures: [] })[0];
    expect(first(voice(4, -35))).toBe("quiet");
    expect(first(voice(4, -1))).toBe("loud");
    expect(first(voice(4, -70))).toBe("silent");
    expect(first([])).toBe("silent");
  });

  it("notice who hurries", () => {
    expect(hintsOf({ levels: voice(9, -20), pictures: [] })).toContain("fast");
  });

  it("notice a dark picture and a window behind", () => {
    const light = (middle: number, edge: number) =>
      hintsOf({ levels: [], pictures: [{ middle, edge }] }).at(-1);
    expect(light(0.1, 0.1)).toBe("dark");
    expect(light(0.3, 0.8)).toBe("backlit");
  });
});
