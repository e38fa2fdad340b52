/** Tells when the page was left for some seconds: hidden, or another window in use. */

/** A notification, or a click beside the page. */
export const LEAST_AWAY_MS = 3_000;

export class FocusWatch {
  private leftAt: number | null = null;
  private place: string | null = null;

  /** `where` names what is open now; nothing is told while nothing is. */
  constructor(
    private readonly now: () => number,
    private readonly where: () => string | null,
    private readonly tell: (place: string, from: number, until: number) => void,
  ) {}

  see(isHere: boolean): void {
    if (!isHere) {
      if (this.leftAt === null) [this.leftAt, this.place] = [this.now(), this.where()];
      return;
    }
    const { leftAt, place } = this;
    this.leftAt = null;
    if (leftAt !== null && place !== null && this.now() - leftAt >= LEAST_AWAY_MS) {
      this.tell(place, Math.round(leftAt), Math.round(this.now()));
    }
  }
}

export function watchFocus(watch: FocusWatch): void {
  const look = () => watch.see(!document.hidden && document.hasFocus());
  for (const type of ["blur", "focus"]) addEventListener(type, look);
  document.addEventListener("visibilitychange", look);
}
