import { describe, expect, it } from "vitest";
import { clockText, ServerClock, spokenMark } from "./clock";

describe("the server's clock", () => {
  const at = (start: number) => {
    const local = { now: start };
    return { local, clock: new ServerClock(() => local.now) };
  };

  it("is the local one before the first message", () => {
    expect(at(1000).clock.now()).toBe(1000);
  });

  it("takes the message that travelled least", () => {
    const { local, clock } = at(0);
    clock.observe(50_000 - 400);
    clock.observe(50_000 - 20);
    clock.observe(50_000 - 900);
    local.now = 1000;
    expect(clock.now()).toBe(50_980);
  });

  it("catches up after the device slept with its clock standing still", () => {
    const { clock } = at(0);
    clock.observe(50_000);
    clock.observe(650_000);
    expect(clock.now()).toBe(650_000);
  });

  it("follows a server clock that was set back, after some messages", () => {
    const { clock } = at(0);
    clock.observe(50_000);
    for (let message = 0; message < 16; message++) clock.observe(40_000);
    expect(clock.now()).toBe(40_000);
  });
});

describe("times as text", () => {
  it("counts down to 0:00 only when the time is over", () => {
    expect(clockText(1, "up")).toBe("0:01");
    expect(clockText(0, "up")).toBe("0:00");
    expect(clockText(-500, "up")).toBe("0:00");
    expect(clockText(89_001, "up")).toBe("1:30");
  });

  it("never claims more saved than there is", () => {
    expect(clockText(59_999)).toBe("0:59");
    expect(clockText(3_600_000)).toBe("1:00:00");
  });

  it("speaks each mark once, also when the page missed ticks", () => {
    expect(spokenMark(31_000, 30_500)).toBeNull();
    expect(spokenMark(30_100, 29_900)).toBe(30);
    expect(spokenMark(29_900, 29_700)).toBeNull();
    expect(spokenMark(70_000, 9_000)).toBe(60);
  });
});
