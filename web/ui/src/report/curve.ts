/** From measured values to SVG paths on a drawing of `WIDTH` × `HEIGHT`. Pure. */

export const WIDTH = 1000;
export const HEIGHT = 100;

export interface Range {
  least: number;
  most: number;
}

/** The paths of a curve: one per stretch without a missing value, so that a gap stays a gap. */
export function curvePaths(
  values: (number | null)[],
  stepMs: number,
  durationMs: number,
  range: Range,
): string[] {
  const paths: string[] = [];
  let points: string[] = [];
  const flush = () => {
    // A single value is drawn as a short dash, else it would be invisible.
    if (points.length === 1) points.push(`h${((stepMs / durationMs) * WIDTH).toFixed(1)}`);
    if (points.length > 0) paths.push(points.join(""));
    points = [];
  };
  for (const [index, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      flush();
      continue;
    }
    const x = Math.min(WIDTH, ((index * stepMs) / durationMs) * WIDTH);
    const share = (value - range.least) / (range.most - range.least || 1);
    const y = HEIGHT - Math.min(1, Math.max(0, share)) * HEIGHT;
    points.push(`${points.length === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
  }
  flush();
  return paths;
}

/** The least and the most that was measured; `null` when nothing was. */
export function extentOf(values: (number | null)[]): Range | null {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length === 0 ? null : { least: Math.min(...known), most: Math.max(...known) };
}

/** The range that shows a curve best, with some air. */
export function rangeAround({ least, most }: Range): Range {
  const air = Math.max((most - least) * 0.1, Math.abs(most) * 0.02, 1e-6);
  return { least: least - air, most: most + air };
}

/** The place of a span on the drawing: `x` and `width`, clipped to it. */
export function spanBox(span: { start_ms: number; end_ms: number }, durationMs: number) {
  const place = (ms: number) => Math.min(WIDTH, Math.max(0, (ms / durationMs) * WIDTH));
  const x = place(span.start_ms);
  return { x, width: Math.max(2, place(span.end_ms) - x) };
}

/** The measured value at a time; `null` where there is none. */
export function valueAt(values: (number | null)[], stepMs: number, ms: number): number | null {
  return values[Math.floor(ms / stepMs)] ?? null;
}

/** Index of the span that holds `ms`, or −1. */
export function indexAt(spans: { start_ms: number; end_ms: number }[], ms: number): number {
  return spans.findIndex((span) => ms >= span.start_ms && ms < span.end_ms);
}
