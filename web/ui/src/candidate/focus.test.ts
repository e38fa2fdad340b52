import { describe, expect, it } from "vitest";
import { FocusWatch } from "./focus";

function watched(place: { open: string | null } = { open: "q1" }) {
  const clock = { now: 1_000 };
  const told: [string, number, number][] = [];
  const watch = new FocusWatch(
    () => clock.now,
    () => place.open,
    (where, from, until) => told.push([where, from, until]),
  );
  return { clock, told, watch };
}

describe("leaving the page", () => {
  it("is told once it lasted, from the first sign to the return", () => {
    const { clock, told, watch } = watched();
    watch.see(false);
    clock.now = 2_500;
    watch.see(false);
    clock.now = 6_000;
    watch.see(true);
    watch.see(true);
    expect(told).toEqual([["q1", 1_000, 6_000]]);
  });

  it("is nobody's business when it is short or nothing is open", () => {
    const { clock, told, watch } = watched();
    watch.see(false);
    clock.now = 3_900;
    watch.see(true);
    const idle = watched({ open: null });
    idle.watch.see(false);
    idle.clock.now = 60_000;
    idle.watch.see(true);
    expect([...told, ...idle.told]).toEqual([]);
  });

  it("belongs to the question that was left", () => {
    const place = { open: "q1" as string | null };
    const { clock, told, watch } = watched(place);
    watch.see(false);
    place.open = "q2";
    clock.now = 9_000;
    watch.see(true);
    expect(told).toEqual([["q1", 1_000, 9_000]]);
  });
});
