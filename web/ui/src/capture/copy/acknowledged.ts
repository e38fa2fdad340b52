/**
 * What the server certainly has of a take that still records, from its "saved up to". Such seconds may go before the
 * take is over where there is little room, and need not be sent where the copy is the only way. Pure; times are
 * milliseconds from the take's start.
 */

import type { CopyTimes, Span } from "./plan";

/** Stretches in which "saved up to" moved on evenly. A jump hides an outage, and what it skipped stays here. */
export interface Acknowledged {
  steady: Span[];
}

export const NOTHING: Acknowledged = { steady: [] };

/** The server tells twice a second. */
const LARGEST_STEP_MS = 2_000;
/** Around an outage that is still to be found, so much is needed to fill it. */
const BEFORE_MS = 10_000;
const AFTER_MS = 3_000;

export function acknowledge({ steady }: Acknowledged, savedUpTo: number): Acknowledged {
  const last = steady.at(-1);
  if (last === undefined) return { steady: [{ start_ms: savedUpTo, end_ms: savedUpTo }] };
  const step = savedUpTo - last.end_ms;
  if (step <= 0) return { steady };
  if (step > LARGEST_STEP_MS) return { steady: [...steady, { start_ms: savedUpTo, end_ms: savedUpTo }] };
  return { steady: [...steady.slice(0, -1), { ...last, end_ms: savedUpTo }] };
}

/** What the server may lack so far, with all that is still to come. */
export function unacknowledged({ steady }: Acknowledged): Span[] {
  const from = [0, ...steady.map((span) => Math.max(span.start_ms, span.end_ms - AFTER_MS))];
  const until = [...steady.map((span) => span.start_ms), Number.POSITIVE_INFINITY];
  return from.map((start_ms, at) => ({ start_ms, end_ms: until[at] ?? Number.POSITIVE_INFINITY }));
}

/** The chunks that may go. Never a copy's head: nothing can be read without it. */
export function dispensable<Chunk extends { copy: number; offset: number; from: number; to: number }>(
  { steady }: Acknowledged,
  takeStartedAt: number,
  copies: CopyTimes[],
  chunks: Chunk[],
): Chunk[] {
  return chunks.filter((chunk) => {
    const copy = copies.find((each) => each.copy === chunk.copy);
    if (copy === undefined || chunk.offset === 0) return false;
    const shift = copy.started - takeStartedAt;
    return steady.some(
      (span) => chunk.from + shift >= span.start_ms + AFTER_MS && chunk.to + shift <= span.end_ms - BEFORE_MS,
    );
  });
}
