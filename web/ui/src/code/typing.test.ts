import { describe, expect, it } from "vitest";
import { type Edit, TypingLog } from "./typing";

function replay(edits: Edit[]): string {
  return edits.reduce(
    (text, { from, removed, inserted }) => text.slice(0, from) + inserted + text.slice(from + removed),
    "",
  );
}

const typed = (at_ms: number, from: number, inserted: string): Edit => ({
  at_ms,
  from,
  removed: 0,
  inserted,
});

describe("a typing log", () => {
  it("takes what is typed in one go as one edit", () => {
    const log = new TypingLog(0);
    for (const [i, letter] of [..."print"].entries()) log.add(typed(i * 100, i, letter));
    log.add({ at_ms: 500, from: 4, removed: 1, inserted: "" });
    log.add(typed(5_000, 4, "t!"));
    expect(log.portion().edits).toEqual([
      typed(0, 0, "print"),
      { at_ms: 500, from: 4, removed: 1, inserted: "" },
      typed(5_000, 4, "t!"),
    ]);
    expect(replay(log.portion().edits)).toBe("print!".replace("t!", "t!"));
  });

  it("loses nothing that is typed while a portion is on its way", () => {
    const log = new TypingLog(0);
    log.add(typed(0, 0, "a"));
    const first = log.portion();
    log.add(typed(100, 1, "b"));
    log.kept(first);
    log.add(typed(200, 2, "c"));
    const second = log.portion();
    expect(second.first).toBe(1);
    expect(replay([...first.edits, ...second.edits])).toBe("abc");
    log.kept(second);
    expect(log.portion()).toEqual({ first: 2, edits: [] });
  });

  it("stays within what the server keeps", () => {
    const log = new TypingLog(4_999);
    log.add(typed(0, 0, "a"));
    log.add(typed(9_000, 0, "b"));
    expect(log.portion().edits).toHaveLength(1);
  });
});
