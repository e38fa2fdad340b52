import { describe, expect, it } from "vitest";
import { type Link, type LinkEffect, type LinkEvent, next } from "./link";

function run(events: LinkEvent[], from: Link = { phase: "off" }): { link: Link; effects: LinkEffect[][] } {
  let link = from;
  const effects = events.map((event) => {
    const [after, done] = next(link, event);
    link = after;
    return done;
  });
  return { link, effects };
}

const failed = (final = false): LinkEvent => ({ type: "failed", code: "offline", queue: null, final });
const LIVE: Link = { phase: "live" };

describe("the media connection", () => {
  it("connects when started", () => {
    const { link, effects } = run([{ type: "start" }, { type: "connected" }]);
    expect(link).toEqual(LIVE);
    expect(effects[0]).toContainEqual({ type: "connect" });
  });

  it("posts again at once after a loss, and lets the server replace the old session", () => {
    const { link, effects } = run([{ type: "lost" }], LIVE);
    expect(link).toEqual({ phase: "connecting", failures: 0 });
    expect(effects[0]).toEqual([{ type: "abandon" }, { type: "connect" }]);
  });

  it("tries within a second as long as there are few failures, and never waits longer than five", () => {
    let link: Link = { phase: "connecting", failures: 0 };
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      const [waiting, effects] = next(link, failed());
      const wait = effects.find((effect) => effect.type === "wait");
      expect(wait).toBeDefined();
      if (wait?.type === "wait") waits.push(wait.ms);
      [link] = next(waiting, { type: "waited" });
    }
    expect(waits.slice(0, 3)).toEqual([250, 500, 1000]);
    expect(Math.max(...waits)).toBe(5000);
  });

  it("does not wait when the network is back", () => {
    const { link, effects } = run([failed(), { type: "online" }], { phase: "connecting", failures: 3 });
    expect(link).toEqual({ phase: "connecting", failures: 4, code: "offline", queue: null });
    expect(effects[1]).toContainEqual({ type: "connect" });
  });

  it("asks a full server again often enough to keep the place, and says which one it is", () => {
    const queue = { place: 3, seconds: 240 };
    const full: LinkEvent = { type: "failed", code: "ingest_full", queue, final: false };
    for (const failures of [0, 9]) {
      const { link, effects } = run([full, { type: "waited" }], { phase: "connecting", failures });
      expect(effects[0]).toContainEqual({ type: "wait", ms: 3_000 });
      expect(link).toMatchObject({ phase: "connecting", code: "ingest_full", queue });
    }
  });

  it("forgets its failures once it is connected", () => {
    const { link } = run([{ type: "connected" }, { type: "lost" }], { phase: "connecting", failures: 7 });
    expect(link).toEqual({ phase: "connecting", failures: 0 });
  });

  it("gives up only what no repeat can change, and starts again when asked to", () => {
    const { link, effects } = run([failed(true), { type: "waited" }, { type: "online" }, { type: "lost" }], {
      phase: "connecting",
      failures: 0,
    });
    expect(link).toEqual({ phase: "refused", code: "offline" });
    expect(effects.slice(1).flat()).toEqual([]);
    expect(run([{ type: "start" }], link).link.phase).toBe("connecting");
  });

  it("ignores what comes too late after it was stopped", () => {
    const { link, effects } = run(
      [
        { type: "stop" },
        { type: "connected" },
        { type: "lost" },
        failed(),
        { type: "waited" },
        { type: "online" },
      ],
      LIVE,
    );
    expect(link).toEqual({ phase: "off" });
    expect(effects.flat()).toEqual([{ type: "leave" }]);
  });

  it("has at most one attempt under way, whatever happens", () => {
    const events: LinkEvent[] = [
      { type: "start" },
      { type: "connected" },
      { type: "lost" },
      failed(),
      { type: "waited" },
      { type: "online" },
      { type: "stop" },
    ];
    // A fixed pseudo-random walk over all events: each connect must follow the end of what was there.
    let link: Link = { phase: "off" };
    let seed = 7;
    for (let step = 0; step < 5000; step++) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const [after, effects] = next(link, events[seed % events.length] as LinkEvent);
      const connect = effects.findIndex((effect) => effect.type === "connect");
      if (connect >= 0) expect(effects.slice(0, connect)).toContainEqual({ type: "abandon" });
      if (after.phase === "connecting" && link.phase !== "connecting")
        expect(connect).toBeGreaterThanOrEqual(0);
      link = after;
    }
  });
});
