/** How far the browser's own copy has filled what the server lacks of a take: a pure function, for the screens. */

import { chunksToSend, heldMs, lengthOf } from "../capture/copy/plan";
import type { Chunk, Kept } from "../capture/copy/store";
import { isRecording, type Take, type View } from "./view";

export type Addition =
  /** The server has not said yet whether anything is missing. */
  | { phase: "unknown" }
  | { phase: "adding"; ms: number; sent: number; total: number; failing: boolean }
  /** All is sent; the server puts it in its place. */
  | { phase: "settling"; ms: number }
  /** Nothing on this device can fill it. */
  | { phase: "lost"; ms: number };

/** When all of a take was sent, what was missing then, and how much of it that was. */
export interface Sent {
  at: number;
  missing: string;
  ms: number;
}

/** The server finalises within seconds; after this long it has said what it will say. */
export const SETTLING_MS = 20_000;
/** Gaps shorter than this are jitter, not a loss. */
export const GAP_MS = 500;
const FAILING_AFTER = 3;

export interface Progress {
  kept: Kept | undefined;
  /** Attempts to send that failed, in a row. */
  failures: number;
  sent: Sent | undefined;
  now: number;
}

/** `null` where there is nothing to say. */
export function additionOf(take: Take, { kept, failures, sent, now }: Progress): Addition | null {
  const { missing } = take;
  // One of which nothing arrived is made of the copy alone.
  const over = take.state === "recorded" || take.state === "chosen" || take.state === "faulted";
  if (!over) return null;
  // A server that never says what is missing is not waited for.
  if (missing === undefined) return null;
  if (missing === null) {
    if (kept === undefined) return null;
    return sent === undefined ? { phase: "unknown" } : { phase: "settling", ms: sent.ms };
  }
  const planned = plannedChunks(take, kept);
  const open = planned.filter((chunk) => !chunk.settled);
  const ms = kept === undefined ? 0 : heldMs(take.started_at ?? 0, missing, kept.copies, planned);
  // Pieces may have come after the recording was made: it is made again once more.
  if (chunksToAdd(planned, sent).length > 0) {
    const [total, left] = [planned.length, open.length];
    return { phase: "adding", ms, sent: total - left, total, failing: failures >= FAILING_AFTER };
  }
  const unchanged = sent?.missing === JSON.stringify(missing);
  if (sent !== undefined && unchanged && now - sent.at < SETTLING_MS)
    return { phase: "settling", ms: sent.ms };
  const lost = lengthOf(missing);
  return lost < GAP_MS ? null : { phase: "lost", ms: lost };
}

/** What is to be sent now; the last one of it makes the server finalise again. */
export function chunksToAdd(planned: Chunk[], sent: Sent | undefined): Chunk[] {
  const open = planned.filter((chunk) => !chunk.settled);
  return open.length > 0 || sent !== undefined ? open : planned.slice(-1);
}

/** Everything that this device can do for what is missing, sent or not. */
export function plannedChunks(take: Take, kept: Kept | undefined): Chunk[] {
  if (kept === undefined || take.started_at === null) return [];
  return chunksToSend(take.started_at, take.missing ?? [], kept.copies, kept.chunks);
}

/** Whether the copy of a take has served its purpose. A take this page does not know may be another tab's. */
export function isSpent(take: Take | undefined): boolean {
  return take?.state === "discarded" || take?.missing?.length === 0;
}

/** The take that records now, whichever question it belongs to. */
export function recordingTake(view: View): Take | undefined {
  return view.questions.flatMap((question) => question.takes).find(isRecording);
}

export interface Total {
  ms: number;
  /** 0 to 1. */
  share: number;
  failing: boolean;
}

/** All that is on its way, as one; `null` when nothing is. */
export function totalOf(additions: Addition[]): Total | null {
  const moving = additions.filter((addition) => addition.phase === "adding" || addition.phase === "settling");
  if (moving.length === 0) return null;
  let [ms, sent, total] = [0, 0, 0];
  for (const addition of moving) {
    ms += addition.ms;
    if (addition.phase !== "adding") continue;
    sent += addition.sent;
    total += addition.total;
  }
  const failing = moving.some((addition) => addition.phase === "adding" && addition.failing);
  return { ms, share: total === 0 ? 1 : sent / total, failing };
}
