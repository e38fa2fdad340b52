import { describe, expect, it } from "vitest";
import { type ChunkPlace, chunksToSend, heldMs, lengthOf, type Span } from "./plan";

const TAKE_AT = 1_000_000;

/** A copy of one chunk per second, begun `after` the take's start. */
function copyOf(copy: number, after: number, seconds: number, firstNumber = 0) {
  const chunks: ChunkPlace[] = Array.from({ length: seconds }, (_, second) => ({
    n: firstNumber + second,
    copy,
    offset: second * 1000,
    from: second * 1000,
    to: second * 1000 + 1000,
  }));
  return { copy: { copy, started: TAKE_AT + after }, chunks };
}

function numbers(missing: Span[], ...copies: ReturnType<typeof copyOf>[]): number[] {
  const times = copies.map((each) => each.copy);
  const chunks = copies.flatMap((each) => each.chunks);
  return chunksToSend(TAKE_AT, missing, times, chunks).map((chunk) => chunk.n);
}

/** The same pseudo-random numbers on every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state % below;
  };
}

describe("which chunks go up", () => {
  it("sends the head and the lost seconds with their key frame before and the encoder's lag after", () => {
    const copy = copyOf(0, 0, 60);
    expect(numbers([{ start_ms: 30_500, end_ms: 32_000 }], copy)).toEqual([
      0, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
    ]);
  });

  it("sends nothing where nothing is missing, or where no copy was running", () => {
    const copy = copyOf(0, 20_000, 10);
    expect(numbers([], copy)).toEqual([]);
    expect(numbers([{ start_ms: 2000, end_ms: 5000 }], copy)).toEqual([]);
    expect(numbers([{ start_ms: 40_000, end_ms: 50_000 }], copy)).toEqual([]);
  });

  it("uses both copies of an outage with a reload inside", () => {
    const before = copyOf(0, 0, 20);
    const after = copyOf(1, 24_000, 20, 20);
    const sent = numbers([{ start_ms: 15_000, end_ms: 30_000 }], before, after);
    expect(sent).toEqual([0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27]);
  });

  it("leaves out a copy whose head is gone", () => {
    const copy = copyOf(0, 0, 30);
    copy.chunks.shift();
    expect(numbers([{ start_ms: 5000, end_ms: 8000 }], copy)).toEqual([]);
  });

  it("keeps its promises for any takes, copies and losses", () => {
    const random = randomNumbers(11);
    for (let round = 0; round < 500; round++) {
      const copies = [0, 1, 2].map((copy) =>
        copyOf(copy, copy * 40_000 + random(9000), random(35), copy * 100),
      );
      const missing = Array.from({ length: random(4) }, () => {
        const start_ms = random(120_000);
        return { start_ms, end_ms: start_ms + 1 + random(20_000) };
      });
      const sent = new Set(numbers(missing, ...copies));
      for (const { copy, chunks } of copies) {
        const own = chunks.filter((chunk) => sent.has(chunk.n));
        if (own.length > 0) expect(own[0]?.offset).toBe(0);
        for (const chunk of chunks) {
          const from = copy.started - TAKE_AT + chunk.from;
          const to = copy.started - TAKE_AT + chunk.to;
          const lost = missing.some((span) => to > span.start_ms && from < span.end_ms);
          const near = missing.some((span) => to >= span.start_ms - 6000 && from <= span.end_ms + 1500);
          if (lost) expect(sent.has(chunk.n)).toBe(true);
          if (!near && chunk.offset > 0) expect(sent.has(chunk.n)).toBe(false);
        }
      }
      const more = new Set(numbers([...missing, { start_ms: random(120_000), end_ms: 121_000 }], ...copies));
      for (const n of sent) expect(more.has(n)).toBe(true);
    }
  });
});

describe("how many seconds", () => {
  it("counts each moment once", () => {
    expect(lengthOf([])).toBe(0);
    const spans = [
      { start_ms: 5000, end_ms: 9000 },
      { start_ms: 0, end_ms: 6000 },
      { start_ms: 1000, end_ms: 2000 },
    ];
    expect(lengthOf(spans)).toBe(9000);
  });

  it("counts of what is missing only what the copies hold", () => {
    const { copy, chunks } = copyOf(0, 2000, 10);
    expect(heldMs(TAKE_AT, [{ start_ms: 0, end_ms: 5000 }], [copy], chunks)).toBe(3000);
    expect(heldMs(TAKE_AT, [{ start_ms: 20_000, end_ms: 25_000 }], [copy], chunks)).toBe(0);
  });
});
