import { describe, expect, it } from "vitest";
import { faultOf } from "./devices";
import { dbfs, meter } from "./level";

describe("why there is no camera", () => {
  it("knows the names of all browsers", () => {
    expect(faultOf("NotAllowedError")).toBe("denied");
    expect(faultOf("NotFoundError")).toBe("none");
    expect(faultOf("NotReadableError")).toBe("busy");
    expect(faultOf("AbortError")).toBe("busy");
    expect(faultOf("")).toBe("unknown");
  });
});

describe("the level of the microphone", () => {
  it("is 0 dBFS for a full square wave and −3 for a full sine", () => {
    expect(dbfs(new Float32Array([1, -1, 1, -1]))).toBeCloseTo(0);
    const sine = Float32Array.from({ length: 4800 }, (_, n) => Math.sin((n * 2 * Math.PI) / 48));
    expect(dbfs(sine)).toBeCloseTo(-3.01, 1);
  });

  it("shows silence as nothing and speech well inside the meter", () => {
    expect(meter(dbfs(new Float32Array(100)))).toBe(0);
    expect(meter(-30)).toBeCloseTo(0.5);
    expect(meter(6)).toBe(1);
  });
});
