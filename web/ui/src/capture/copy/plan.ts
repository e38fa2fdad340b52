/** Which chunks of the browser's own recording fill what the server lacks. Pure; times are milliseconds. */

/** A stretch of a take, from the take's start. */
export interface Span {
  start_ms: number;
  end_ms: number;
}

/** One run of the recorder within a take. */
export interface CopyTimes {
  copy: number;
  /** The copy's time zero on the server's clock, unix ms. */
  started: number;
}

export interface ChunkPlace {
  n: number;
  copy: number;
  /** The first byte within its copy. */
  offset: number;
  /** The recorder's time in which the chunk came about, from the copy's time zero. */
  from: number;
  to: number;
}

/** So much earlier that a key frame is there: a picture can only begin with one. */
const LEAD_MS = 6_000;
/** What was captured leaves the recorder a little later. */
const LAG_MS = 1_500;

/**
 * The chunks to send, in order of their place: for each copy that touches a missing stretch the container's
 * head, and what was recorded around that stretch.
 */
export function chunksToSend<Chunk extends ChunkPlace>(
  takeStartedAt: number,
  missing: Span[],
  copies: CopyTimes[],
  chunks: Chunk[],
): Chunk[] {
  return copies.flatMap((copy) => {
    const own = chunks.filter((chunk) => chunk.copy === copy.copy).sort((a, b) => a.offset - b.offset);
    // Nothing of a copy can be read without its head.
    if (own[0]?.offset !== 0) return [];
    const lost = missing.map((span) => onCopy(span, takeStartedAt, copy));
    const within = (chunk: Chunk, lead: number) =>
      lost.some(([start, end]) => chunk.to >= start - lead && chunk.from <= end + LAG_MS);
    if (!own.some((chunk) => within(chunk, 0))) return [];
    return own.filter((chunk) => chunk.offset === 0 || within(chunk, LEAD_MS));
  });
}

/** How much of what is missing the copies hold. */
export function heldMs(
  takeStartedAt: number,
  missing: Span[],
  copies: CopyTimes[],
  chunks: ChunkPlace[],
): number {
  const held = copies.flatMap((copy) => {
    const own = chunks.filter((chunk) => chunk.copy === copy.copy);
    const shift = copy.started - takeStartedAt;
    return own.map((chunk) => ({ start_ms: chunk.from + shift, end_ms: chunk.to + shift }));
  });
  return lengthOf(missing) - lengthOf(missing.flatMap((span) => without(span, held)));
}

/** The length of all spans together, each moment counted once. */
export function lengthOf(spans: Span[]): number {
  let [total, reached] = [0, Number.NEGATIVE_INFINITY];
  for (const { start_ms, end_ms } of [...spans].sort((a, b) => a.start_ms - b.start_ms)) {
    total += Math.max(0, end_ms - Math.max(start_ms, reached));
    reached = Math.max(reached, end_ms);
  }
  return total;
}

function without(span: Span, held: Span[]): Span[] {
  return held.reduce(
    (left, taken) =>
      left.flatMap(({ start_ms, end_ms }) =>
        [
          { start_ms, end_ms: Math.min(end_ms, taken.start_ms) },
          { start_ms: Math.max(start_ms, taken.end_ms), end_ms },
        ].filter((rest) => rest.end_ms > rest.start_ms),
      ),
    [span],
  );
}

function onCopy(span: Span, takeStartedAt: number, copy: CopyTimes): [number, number] {
  const shift = takeStartedAt - copy.started;
  return [span.start_ms + shift, span.end_ms + shift];
}
