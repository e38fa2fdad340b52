/** The server's clock, as well as this page can know it. */

const SAMPLES = 16;

/**
 * Follows the server's clock from the times it stamps on messages.
 *
 * A message is stamped before it arrives, so every sample is early by its travel time: the largest offset of
 * the last few is the best. The local clock is monotonic, so a changed system time moves nothing.
 */
export class ServerClock {
  private readonly offsets: number[] = [];

  constructor(private readonly monotonic: () => number = () => performance.timeOrigin + performance.now()) {}

  /** Notes that a message stamped `serverTime` (unix ms) has just arrived. */
  observe(serverTime: number): void {
    this.offsets.push(serverTime - this.monotonic());
    if (this.offsets.length > SAMPLES) this.offsets.shift();
  }

  /** Unix milliseconds on the server's clock. */
  now(): number {
    const offset = this.offsets.length > 0 ? Math.max(...this.offsets) : 0;
    return this.monotonic() + offset;
  }
}

/** `m:ss`, or `h:mm:ss` from an hour on. Negative times count as 0. */
export function clockText(milliseconds: number, rounding: "up" | "down" = "down"): string {
  const round = rounding === "up" ? Math.ceil : Math.floor;
  const total = Math.max(0, round(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** The seconds left at which a screen reader is told the time. */
const SPOKEN_AT = [60, 30, 10, 5];

/** The mark that has just been passed going from `before` to `after` milliseconds left; `null` when none was. */
export function spokenMark(before: number, after: number): number | null {
  return SPOKEN_AT.find((seconds) => before > seconds * 1000 && after <= seconds * 1000) ?? null;
}
