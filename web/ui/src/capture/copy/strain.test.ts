import { describe, expect, it } from "vitest";
import { type EncoderSample, mayCopyPicture, observe, RELAXED, type Strain } from "./strain";

interface Second {
  /** Share of this second in which the processor held the quality down. */
  cpu: number | null;
  network?: number;
  /** Share of this second spent encoding. */
  load: number | null;
  sent?: number;
}

function watched(seconds: Second[]): Strain {
  let [cpuLimitedMs, encodingMs] = [0, 0];
  const samples = [{ cpu: 0, load: 0 }, ...seconds].map((second: Second, at): EncoderSample => {
    cpuLimitedMs += (second.cpu ?? 0) * 1000;
    encodingMs += (second.load ?? 0) * 1000;
    return {
      at: at * 1000,
      cpuLimitedMs: second.cpu === null ? null : cpuLimitedMs,
      rateShare: second.cpu === null ? null : 1 - (second.network ?? 0),
      encodingMs: second.load === null ? null : encodingMs,
      sentPerSecond: second.sent ?? 30,
      capturedPerSecond: 30,
    };
  });
  return samples.reduce((strain, sample) => observe(strain, sample, true), RELAXED);
}

const isTooMuch = (strain: Strain) => !mayCopyPicture(strain);

/** Goes on by seconds with these frames, of all that the camera gives; the copy runs whenever it may. */
function live(frames: number[], from: { strain: Strain; at: number }, recording = true) {
  let { strain, at } = from;
  for (const sent of frames) {
    at += 1000;
    const sample = { at, cpuLimitedMs: 0, rateShare: 1, encodingMs: at / 4, sentPerSecond: sent };
    strain = observe(strain, { ...sample, capturedPerSecond: sent }, recording && mayCopyPicture(strain));
  }
  return { strain, at };
}

const times = (count: number, second: Second) => Array<Second>(count).fill(second);
const FINE: Second = { cpu: 0, load: 0.3 };
const LIMITED: Second = { cpu: 1, load: 0.7 };

describe("whether the copy has to give way", () => {
  it("never does on a device that keeps up, however long the take", () => {
    expect(isTooMuch(watched(times(3600, FINE)))).toBe(false);
    // A busy encoder that loses nothing is no reason.
    expect(isTooMuch(watched(times(3600, { cpu: 0, load: 0.95 })))).toBe(false);
  });

  it("does after ten seconds on a device that does not", () => {
    expect(isTooMuch(watched(times(9, LIMITED)))).toBe(false);
    expect(isTooMuch(watched(times(10, LIMITED)))).toBe(true);
  });

  it("forgives short peaks, also many of them", () => {
    const peaks = Array.from({ length: 200 }, () => [...times(4, LIMITED), ...times(5, FINE)]).flat();
    expect(isTooMuch(watched(peaks))).toBe(false);
    const mostly = Array.from({ length: 20 }, () => [...times(5, LIMITED), ...times(3, FINE)]).flat();
    expect(isTooMuch(watched(mostly))).toBe(true);
  });

  it("does not count a browser that still holds back an encoder at ease", () => {
    expect(isTooMuch(watched(times(60, { cpu: 1, load: 0.2 })))).toBe(false);
  });

  it("sees frames that get lost for want of time, and none that the network had no room for", () => {
    expect(isTooMuch(watched(times(60, { cpu: 0, load: 0.5, sent: 12 })))).toBe(true);
    expect(isTooMuch(watched(times(60, { cpu: 0, network: 1, load: 0.5, sent: 12 })))).toBe(false);
  });

  it("judges by lost frames where the browser does not name the processor", () => {
    expect(isTooMuch(watched(times(60, { cpu: null, load: 0.97, sent: 12 })))).toBe(true);
    // Few frames for a narrow network, many frames from a busy encoder: neither alone.
    expect(isTooMuch(watched(times(60, { cpu: null, load: 0.3, sent: 12 })))).toBe(false);
    expect(isTooMuch(watched(times(60, { cpu: null, load: 0.97, sent: 29 })))).toBe(false);
    expect(isTooMuch(watched(times(60, { cpu: null, load: null, sent: 5 })))).toBe(false);
  });

  it("takes no figures across a new connection or a sleeping device", () => {
    const sample = (at: number, cpuLimitedMs: number): EncoderSample => {
      return {
        at,
        cpuLimitedMs,
        rateShare: 1,
        encodingMs: at,
        sentPerSecond: 30,
        capturedPerSecond: 30,
      };
    };
    const copying = (strain: Strain, next: EncoderSample) => observe(strain, next, true);
    const reconnected = [sample(0, 60_000), sample(1000, 0), sample(2000, 0)].reduce(copying, RELAXED);
    expect(reconnected.strainedMs).toBe(0);
    const slept = [sample(0, 0), sample(60_000, 60_000)].reduce(copying, RELAXED);
    expect(slept.strainedMs).toBe(0);
  });

  describe("where even the camera falls behind", () => {
    const seconds = (count: number, frames: number) => Array<number>(count).fill(frames);
    const thinking = live(seconds(10, 20), { strain: RELAXED, at: 0 }, false);

    it("gives way soon, and for good when the frames come back", () => {
      const busy = live(seconds(5, 6), thinking);
      expect(mayCopyPicture(busy.strain)).toBe(false);
      const after = live(seconds(10, 20), busy);
      expect(after.strain.weak).toBe(true);
      expect(mayCopyPicture(live(seconds(60, 20), after, false).strain)).toBe(false);
    });

    it("comes back when giving way was no help, as in poor light", () => {
      const dark = live(seconds(10, 12), thinking);
      expect(mayCopyPicture(dark.strain)).toBe(false);
      const still = live(seconds(10, 12), dark);
      expect(mayCopyPicture(still.strain)).toBe(true);
      expect(mayCopyPicture(live(seconds(600, 12), still).strain)).toBe(true);
    });

    it("stays where only a few frames are lost", () => {
      expect(mayCopyPicture(live(seconds(600, 16), thinking).strain)).toBe(true);
    });

    it("ends its trial after the take", () => {
      const busy = live(seconds(7, 6), thinking);
      expect(live(seconds(10, 20), busy, false).strain.weak).toBe(true);
    });
  });
});
