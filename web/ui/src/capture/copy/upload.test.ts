import { describe, expect, it } from "vitest";
import { Problem } from "../../api";
import { eventOf } from "./sender";
import { IDLE, next, type Upload, type UploadEffect, type UploadEvent } from "./upload";

function run(events: UploadEvent[], from: Upload = IDLE): { upload: Upload; effects: UploadEffect[][] } {
  let upload = from;
  const effects = events.map((event) => {
    const [after, done] = next(upload, event);
    upload = after;
    return done;
  });
  return { upload, effects };
}

const enqueue = (take: string, ...chunks: number[]): UploadEvent => ({
  type: "enqueue",
  take,
  chunks,
  live: false,
});
const send = (take: string, chunk: number, last: boolean): UploadEffect => ({
  type: "send",
  take,
  chunk,
  last,
});
const STORED: UploadEvent = { type: "stored" };

describe("sending a copy", () => {
  it("sends one chunk after the other and asks for finalising with the last", () => {
    const { upload, effects } = run([enqueue("a", 0, 7), STORED, STORED]);
    expect(effects).toEqual([
      [send("a", 0, false)],
      [{ type: "settled", take: "a", chunk: 0 }, send("a", 7, true)],
      [
        { type: "settled", take: "a", chunk: 7 },
        { type: "done", take: "a" },
      ],
    ]);
    expect(upload).toEqual(IDLE);
  });

  it("tries again ever less often while there is no answer, and at once when the network is back", () => {
    let { upload } = run([enqueue("a", 0)]);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      const [waiting, [wait]] = next(upload, { type: "failed" });
      if (wait?.type === "wait") waits.push(wait.ms);
      const [again, effects] = next(waiting, { type: attempt % 2 === 0 ? "waited" : "online" });
      expect(effects).toEqual([send("a", 0, true)]);
      upload = again;
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(run([STORED], upload).upload).toEqual(IDLE);
  });

  it("goes on with the next chunk after a conflict, and still asks for finalising", () => {
    const { effects } = run([enqueue("a", 0, 7), STORED, { type: "skipped" }, STORED]);
    expect(effects[2]).toEqual([{ type: "settled", take: "a", chunk: 7 }, send("a", 0, true)]);
    expect(effects[3]).toContainEqual({ type: "done", take: "a" });
  });

  it("sends a take that still records as it comes, and asks for finalising only when it is over", () => {
    const live: UploadEvent = { type: "enqueue", take: "a", chunks: [0, 1], live: true };
    const { upload, effects } = run([live, STORED, STORED]);
    expect(effects).toEqual([
      [send("a", 0, false)],
      [{ type: "settled", take: "a", chunk: 0 }, send("a", 1, false)],
      [{ type: "settled", take: "a", chunk: 1 }],
    ]);
    expect(upload).toEqual(IDLE);
    expect(run([live, STORED, { type: "skipped" }]).effects[2]).toEqual([
      { type: "settled", take: "a", chunk: 1 },
    ]);
    expect(run([live, STORED, { type: "full" }]).effects[2]).toEqual([{ type: "full", take: "a" }]);
    expect(run([enqueue("a", 2)], upload).effects[0]).toEqual([send("a", 2, true)]);
  });

  it("stops a take the server has no room for, after asking to finalise what it has", () => {
    const { effects } = run([enqueue("a", 0, 7, 8), STORED, { type: "full" }, { type: "full" }]);
    expect(effects[2]).toEqual([{ type: "full", take: "a" }, send("a", 0, true)]);
    expect(effects[3]).toContainEqual({ type: "done", take: "a" });
    expect(run([enqueue("a", 0, 7), { type: "full" }]).upload).toEqual(IDLE);
  });

  it("drops a take the server will have nothing of, and goes on with the next", () => {
    const { effects } = run([enqueue("a", 0, 7), enqueue("b", 3), { type: "refused" }]);
    expect(effects[2]).toEqual([{ type: "drop", take: "a" }, send("b", 3, true)]);
  });

  it("gives the uplink to a take that records, and repeats the chunk afterwards", () => {
    const { upload, effects } = run([enqueue("a", 0, 7), { type: "pause" }, STORED, enqueue("b", 1)]);
    expect(effects[1]).toEqual([{ type: "abort" }]);
    expect(effects.slice(2).flat()).toEqual([]);
    expect(run([{ type: "resume" }], upload).effects[0]).toEqual([send("a", 0, false)]);
  });

  it("breaks off a take that was discarded meanwhile", () => {
    const { effects } = run([enqueue("a", 0), enqueue("b", 3), { type: "forget", take: "a" }]);
    expect(effects[2]).toEqual([{ type: "abort" }, send("b", 3, true)]);
  });

  it("sends every chunk exactly once to a server that answers anything at any time", () => {
    let seed = 5;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return (seed >> 8) % below;
    };
    for (let round = 0; round < 300; round++) {
      const wanted = new Map([
        ["a", 1 + random(6)],
        ["b", 1 + random(6)],
      ]);
      const stored: string[] = [];
      const done: string[] = [];
      let upload: Upload = IDLE;
      let flying: { take: string; chunk: number; last: boolean } | null = null;
      const feed = (event: UploadEvent) => {
        const [after, effects] = next(upload, event);
        upload = after;
        if (event.type !== "enqueue" && event.type !== "pause" && event.type !== "resume") flying = null;
        for (const effect of effects) {
          if (effect.type === "abort") flying = null;
          if (effect.type === "done") done.push(effect.take);
          if (effect.type !== "send") continue;
          expect(flying).toBeNull();
          expect(upload.phase).toBe("sending");
          flying = effect;
        }
      };
      for (const [take, count] of wanted) feed(enqueue(take, ...Array.from({ length: count }, (_, n) => n)));
      for (let step = 0; step < 400 && done.length < 2; step++) {
        const choice = random(6);
        if (choice === 0) feed({ type: "pause" });
        else if (upload.phase === "paused") feed({ type: "resume" });
        else if (upload.phase === "waiting") feed({ type: choice < 3 ? "waited" : "online" });
        else if (choice < 3) feed({ type: "failed" });
        else {
          const { take, chunk, last } = flying as unknown as { take: string; chunk: number; last: boolean };
          stored.push(`${take}${chunk}`);
          expect(last).toBe(chunk === (wanted.get(take) ?? 0) - 1);
          feed(STORED);
        }
      }
      expect(done).toEqual(["a", "b"]);
      expect(stored).toEqual(
        [...wanted].flatMap(([take, count]) => [...Array(count).keys()].map((n) => take + n)),
      );
    }
  });
});

describe("what an answer means", () => {
  const of = (status: number, code = "x") => eventOf(new Problem(status, code, ""));

  it("follows the contract", () => {
    expect(of(409, "chunk_conflict")).toBe("skipped");
    expect(of(413)).toBe("full");
    expect([404, 410, 422].map((status) => of(status))).toEqual(["refused", "refused", "refused"]);
    expect([0, -1, 429, 500, 503].map((status) => of(status))).toEqual(Array(5).fill("failed"));
  });

  it("never drops a copy for an answer it does not know", () => {
    expect([401, 403, 409, 418].map((status) => of(status))).toEqual(Array(4).fill("failed"));
  });
});
