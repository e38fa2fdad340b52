import { describe, expect, it } from "vitest";
import { type Acknowledged, acknowledge, dispensable, NOTHING, unacknowledged } from "./acknowledged";
import { excess, sacrifice } from "./room";

const MB = 1024 * 1024;

describe("how much room the copies take", () => {
  it("asks for none while there is plenty, or where the browser does not say", () => {
    expect(excess(100 * MB, 400 * MB, { quota: 10_000 * MB, usage: 100 * MB })).toBe(0);
    expect(excess(100 * MB, 400 * MB, {})).toBe(0);
  });

  it("asks for room before the disk or its own limit is reached", () => {
    expect(excess(390 * MB, 400 * MB, { quota: 10_000 * MB, usage: 400 * MB })).toBe(22 * MB);
    expect(excess(10 * MB, 400 * MB, { quota: 100 * MB, usage: 40 * MB })).toBe(36 * MB);
  });

  it("gives up the oldest finished takes first, and never the one that records", () => {
    const sizes = [
      { take: "old", bytes: 5 },
      { take: "now", bytes: 50 },
      { take: "newer", bytes: 5 },
      { take: "newest", bytes: 5 },
    ];
    expect(sacrifice(sizes, "now", 0)).toEqual([]);
    expect(sacrifice(sizes, "now", 7)).toEqual(["old", "newer"]);
    expect(sacrifice(sizes, "now", 100)).toEqual(["old", "newer", "newest"]);
  });
});

describe("what the server certainly has", () => {
  const told = (...marks: number[]) => marks.reduce<Acknowledged>(acknowledge, NOTHING);
  const steps = (from: number, to: number) =>
    Array.from({ length: (to - from) / 500 + 1 }, (_, step) => from + step * 500);
  const copies = [{ copy: 0, started: 1000 }];
  const chunks = Array.from({ length: 60 }, (_, n) => {
    return { n, copy: 0, offset: n, from: n * 1000, to: n * 1000 + 1000 };
  });
  const gone = (known: Acknowledged) => dispensable(known, 1000, copies, chunks).map((chunk) => chunk.n);

  it("lets go what lies well inside of a steady stretch, never the head", () => {
    const numbers = gone(told(...steps(0, 30_000)));
    expect([numbers[0], numbers.at(-1)]).toEqual([3, 19]);
    expect(gone(told(...steps(0, 8000)))).toEqual([]);
  });

  it("keeps an outage that the mark jumped over, and what is needed around it", () => {
    const numbers = gone(told(...steps(0, 20_000), ...steps(35_000, 60_000)));
    expect(numbers.filter((n) => n >= 10 && n < 38)).toEqual([]);
    expect(numbers).toContain(9);
    expect(numbers).toContain(38);
  });

  it("lacks, for all it knows, everything else and what is still to come", () => {
    const forever = Number.POSITIVE_INFINITY;
    expect(unacknowledged(NOTHING)).toEqual([{ start_ms: 0, end_ms: forever }]);
    expect(unacknowledged(told(...steps(500, 20_000), ...steps(35_000, 36_000)))).toEqual([
      { start_ms: 0, end_ms: 500 },
      { start_ms: 17_000, end_ms: 35_000 },
      { start_ms: 35_000, end_ms: forever },
    ]);
  });

  it("is not fooled by a mark that stands still or goes back", () => {
    expect(told(...steps(0, 5000), 5000, 4000, 5500).steady).toEqual([{ start_ms: 0, end_ms: 5500 }]);
  });
});
