import { describe, expect, it } from "vitest";
import type { Kept } from "../capture/copy/store";
import { additionOf, chunksToAdd, isSpent, type Progress, totalOf } from "./addition";
import { sampleTake } from "./sampleView";

const MISSING = [{ start_ms: 2000, end_ms: 4000 }];
const recorded = sampleTake({ state: "recorded", started_at: 1000, missing: MISSING });

function kept(settled: number): Kept {
  const copy = {
    interview: "i1",
    take: "t1",
    copy: 0,
    origin: 0,
    type: "video/webm",
    started: 1000,
    expires: 9,
  };
  const chunks = Array.from({ length: 6 }, (_, n) => ({
    take: "t1",
    n,
    copy: 0,
    offset: n * 100,
    length: 100,
    from: n * 1000,
    to: n * 1000 + 1000,
    settled: n < settled,
  }));
  return { take: "t1", copies: [copy], chunks };
}

const at = (over: Partial<Progress>): Progress => {
  return { kept: undefined, failures: 0, sent: undefined, now: 50_000, ...over };
};

describe("what is said about lost seconds", () => {
  it("tells how far they have been added", () => {
    expect(additionOf(recorded, at({ kept: kept(2) }))).toEqual({
      phase: "adding",
      ms: 2000,
      sent: 2,
      total: 6,
      failing: false,
    });
    expect(additionOf(recorded, at({ kept: kept(2), failures: 3 }))).toMatchObject({ failing: true });
  });

  it("waits for the server's word once all is sent, but not for ever", () => {
    const sent = { at: 45_000, missing: JSON.stringify(MISSING), ms: 2000 };
    expect(additionOf(recorded, at({ kept: kept(6), sent }))).toEqual({ phase: "settling", ms: 2000 });
    expect(additionOf({ ...recorded, missing: null }, at({ kept: kept(6), sent }))).toEqual({
      phase: "settling",
      ms: 2000,
    });
    expect(additionOf({ ...recorded, missing: null }, at({ kept: kept(6) }))?.phase).toBe("unknown");
    expect(additionOf(recorded, at({ kept: kept(6), sent, now: 70_000 }))).toEqual({
      phase: "lost",
      ms: 2000,
    });
  });

  it("has the server look once more when all was sent before it made the recording", () => {
    const chunks = kept(6).chunks;
    expect(additionOf(recorded, at({ kept: kept(6) }))).toMatchObject({ phase: "adding", sent: 6, total: 6 });
    expect(chunksToAdd(chunks, undefined).map((chunk) => chunk.n)).toEqual([5]);
    expect(chunksToAdd(chunks, { at: 0, missing: "", ms: 0 })).toEqual([]);
    expect(chunksToAdd(kept(4).chunks, undefined).map((chunk) => chunk.n)).toEqual([4, 5]);
  });

  it("is honest about what nothing can fill", () => {
    expect(additionOf(recorded, at({}))).toEqual({ phase: "lost", ms: 2000 });
    const left = { ...recorded, missing: [{ start_ms: 2000, end_ms: 2900 }] };
    const sent = { at: 49_000, missing: JSON.stringify(MISSING), ms: 2000 };
    expect(additionOf(left, at({ kept: kept(6), sent }))).toEqual({ phase: "lost", ms: 900 });
  });

  it("is silent where nothing is missing, or nothing is known and nothing kept", () => {
    expect(additionOf({ ...recorded, missing: [] }, at({ kept: kept(0) }))).toBeNull();
    expect(additionOf({ ...recorded, missing: null }, at({}))).toBeNull();
    expect(additionOf({ ...recorded, missing: [{ start_ms: 0, end_ms: 90 }] }, at({}))).toBeNull();
    expect(additionOf({ ...recorded, state: "recording" }, at({ kept: kept(0) }))).toBeNull();
    const { missing: _unknown, ...older } = recorded;
    expect(additionOf(older as typeof recorded, at({ kept: kept(0) }))).toBeNull();
  });

  it("adds up all takes", () => {
    expect(totalOf([{ phase: "lost", ms: 9 }, { phase: "unknown" }])).toBeNull();
    const adding = { phase: "adding", ms: 3000, sent: 1, total: 4, failing: false } as const;
    expect(totalOf([adding, { ...adding, sent: 2 }, { phase: "settling", ms: 1000 }])).toEqual({
      ms: 7000,
      share: 3 / 8,
      failing: false,
    });
    expect(totalOf([{ phase: "settling", ms: 1000 }])?.share).toBe(1);
  });
});

describe("when a copy goes", () => {
  it("goes with a whole or discarded take, and no earlier", () => {
    expect(isSpent(undefined)).toBe(false);
    expect(isSpent({ ...recorded, missing: [] })).toBe(true);
    expect(isSpent({ ...recorded, state: "discarded" })).toBe(true);
    expect(isSpent(recorded)).toBe(false);
    expect(isSpent({ ...recorded, state: "chosen", missing: null })).toBe(false);
    expect(isSpent({ ...recorded, state: "interrupted", missing: null })).toBe(false);
  });
});
