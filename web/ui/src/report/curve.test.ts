import { describe, expect, it } from "vitest";
import { curvePaths, extentOf, indexAt, rangeAround, spanBox, valueAt } from "./curve";

describe("plots", () => {
  const unit = { least: 0, most: 1 };

  it("puts values on the recording's time axis", () => {
    expect(curvePaths([0, 1, 0.5], 500, 1000, unit)).toEqual(["M0.0 100.0L500.0 0.0L1000.0 50.0"]);
  });

  it("leaves a gap where nothing was measured", () => {
    expect(curvePaths([0, null, 1, 1], 250, 1000, unit)).toEqual([
      "M0.0 100.0h250.0",
      "M500.0 0.0L750.0 0.0",
    ]);
    expect(curvePaths([null, null], 500, 1000, unit)).toEqual([]);
  });

  it("clips what lies outside instead of drawing over its neighbours", () => {
    expect(curvePaths([5, -5], 500, 1000, unit)).toEqual(["M0.0 0.0L500.0 100.0"]);
    expect(spanBox({ start_ms: 900, end_ms: 5000 }, 1000)).toEqual({ x: 900, width: 100 });
  });

  it("scales to what is there", () => {
    expect(extentOf([null, null])).toBeNull();
    expect(extentOf([-30, null, -10])).toEqual({ least: -30, most: -10 });
    const range = rangeAround({ least: -30, most: -10 });
    expect(range.least).toBeLessThan(-30);
    expect(range.most).toBeGreaterThan(-10);
    const flat = rangeAround({ least: 0, most: 0 });
    expect(flat.least).toBeLessThan(flat.most);
  });

  it("finds the value and the sentence of a moment", () => {
    expect(valueAt([1, null, 3], 200, 450)).toBe(3);
    expect(valueAt([1, null, 3], 200, 250)).toBeNull();
    expect(valueAt([1], 200, 9999)).toBeNull();
    const sentences = [
      { start_ms: 100, end_ms: 200 },
      { start_ms: 300, end_ms: 400 },
    ];
    expect(indexAt(sentences, 150)).toBe(0);
    expect(indexAt(sentences, 250)).toBe(-1);
    expect(indexAt(sentences, 300)).toBe(1);
  });
});
