/** Carries out the effects of the upload's state machine. */

import { asProblem, type Problem } from "../../api";
import type { Copy, CopyStore } from "./store";
import { IDLE, next, type Upload, type UploadEffect, type UploadEvent } from "./upload";

/** No repeat changes these: the take is gone, or its copy cannot be used. */
const FINAL_STATUSES = [400, 404, 410, 415, 422];

export interface OutgoingChunk {
  take: string;
  n: number;
  copy: Copy;
  offset: number;
  /** How far the copy reaches with it, in milliseconds from its time zero. */
  until: number;
  bytes: ArrayBuffer;
  /** The last one for now: the server finalises again. */
  last: boolean;
}

export interface SenderOptions {
  store: CopyStore;
  interview: string;
  put: (chunk: OutgoingChunk, signal: AbortSignal) => Promise<void>;
  /** Something of what is sent, or of what is marked in the store, is another now. */
  onChange: () => void;
  /** A take is sent, as far as the server would have it. */
  onDone: (take: string) => void;
  onFull: (take: string) => void;
}

export class CopySender {
  upload: Upload = IDLE;
  private attempt: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: SenderOptions) {
    window.addEventListener("online", () => this.send({ type: "online" }));
  }

  send(event: UploadEvent): void {
    const [upload, effects] = next(this.upload, event);
    const changed = upload !== this.upload;
    this.upload = upload;
    for (const effect of effects) this.carryOut(effect);
    if (changed) this.options.onChange();
  }

  private carryOut(effect: UploadEffect): void {
    const { store, onDone, onFull } = this.options;
    switch (effect.type) {
      case "send":
        void this.put(effect.take, effect.chunk, effect.last);
        return;
      case "abort":
        clearTimeout(this.timer);
        this.attempt?.abort();
        this.attempt = null;
        return;
      case "wait":
        // Spread over half of the wait, so that many pages do not come back at the same moment.
        this.timer = setTimeout(() => this.send({ type: "waited" }), effect.ms * (0.5 + 0.5 * Math.random()));
        return;
      case "settled":
        this.mark(store.settle(effect.take, effect.chunk));
        return;
      case "drop":
        this.mark(store.drop(effect.take));
        return;
      case "full":
        onFull(effect.take);
        return;
      case "done":
        onDone(effect.take);
    }
  }

  private mark(written: Promise<void>): void {
    void written.catch(() => undefined).then(() => this.options.onChange());
  }

  private async put(take: string, n: number, last: boolean): Promise<void> {
    clearTimeout(this.timer);
    const attempt = new AbortController();
    this.attempt = attempt;
    const event = await this.answerTo(take, n, last, attempt.signal);
    if (!attempt.signal.aborted) this.send(event);
  }

  private async answerTo(take: string, n: number, last: boolean, signal: AbortSignal): Promise<UploadEvent> {
    try {
      const { store, interview, put } = this.options;
      const kept = (await store.kept(interview)).find((each) => each.take === take);
      const chunk = kept?.chunks.find((each) => each.n === n);
      const copy = kept?.copies.find((each) => each.copy === chunk?.copy);
      const bytes = await store.bytes(take, n);
      if (chunk === undefined || copy === undefined || bytes === undefined) return { type: "skipped" };
      await put({ take, n, copy, offset: chunk.offset, until: chunk.to, bytes, last }, signal);
      return { type: "stored" };
    } catch (error) {
      return { type: eventOf(asProblem(error)) };
    }
  }
}

/** What a refusal means for the upload. */
export function eventOf({ status, code }: Problem): "skipped" | "full" | "refused" | "failed" {
  if (code === "chunk_conflict") return "skipped";
  if (status === 413) return "full";
  return FINAL_STATUSES.includes(status) ? "refused" : "failed";
}
