/**
 * The browser's own copies of the takes, in step with the interview: recorded beside the connection, afterwards
 * asked for what the server lacks, and dropped as soon as nobody needs them. Whatever fails here, the interview
 * goes on as if there were no copies.
 */

import { signal } from "@preact/signals";
import { type RecordingTake, TakeCopier } from "../capture/copy/copier";
import { DiskStore } from "../capture/copy/disk";
import { MemoryStore } from "../capture/copy/memory";
import { chunksToSend } from "../capture/copy/plan";
import { askToKeep } from "../capture/copy/room";
import { CopySender, type SenderOptions } from "../capture/copy/sender";
import type { CopyStore, Kept } from "../capture/copy/store";
import type { EncoderSample } from "../capture/copy/strain";
import {
  type Addition,
  additionOf,
  chunksToAdd,
  isSpent,
  plannedChunks,
  recordingTake,
  SETTLING_MS,
  type Sent,
} from "./addition";
import { isOpen, type Take, type View } from "./view";

export class Copies {
  /** What the screens say about each take. */
  readonly additions = signal<ReadonlyMap<string, Addition>>(new Map());
  /** The take of which this device keeps a copy right now. */
  readonly copying = signal<string | null>(null);
  /** This device has no room to keep one. */
  readonly noRoom = signal(false);
  private view: View | null = null;
  private readonly store: Promise<CopyStore>;
  private readonly copier: TakeCopier;
  private sender: CopySender | null = null;
  private paused = false;
  /** The take whose pieces are sent while it records, because nothing else brings them to the server. */
  private streaming: Take | null = null;
  private prepared = false;
  /** The take that recorded already when this page came to the interview; `undefined` until it came. */
  private inherited: string | null | undefined;
  private readonly sent = new Map<string, Sent>();
  /** Takes of which the server has no room for more. */
  private readonly full = new Set<string>();
  private reconciling = false;
  private again = false;

  constructor(
    private readonly put: SenderOptions["put"],
    private readonly serverNow: () => number,
  ) {
    // Some private windows keep nothing.
    this.store = DiskStore.open().catch(() => new MemoryStore());
    this.copier = new TakeCopier(this.store, serverNow, {
      onKeeping: (take) => {
        this.copying.value = take;
        if (take !== null) this.noRoom.value = false;
      },
      onNoRoom: () => {
        this.noRoom.value = true;
      },
      onPiece: () => {
        if (this.streaming !== null) void this.reconcile();
      },
      onWritten: () => void this.reconcile(),
    });
  }

  /** Records, sends and drops as the interview now demands. */
  follow(view: View, stream: MediaStream | null, replaced: boolean): void {
    this.view = view;
    const take = replaced ? undefined : recordingTake(view);
    if (replaced) this.inherited = undefined;
    else if (this.inherited === undefined) this.inherited = take?.id ?? null;
    const recording: RecordingTake | null = take?.started_at
      ? {
          interview: view.interview_id,
          take: take.id,
          startedAt: take.started_at,
          endsAt: take.answer_deadline,
          inherited: this.inherited === take.id,
          expires: view.expires_at,
          maxBitrate: view.ingest.max_bitrate_kbps,
        }
      : null;
    if (stream !== null) this.prepare(view);
    const isOnlyWay = view.transport === "chunks";
    this.copier.follow(recording, stream, isOnlyWay);
    this.streaming = (isOnlyWay && take) || null;
    // While a take records, the uplink is its own.
    this.paused = replaced || (take !== undefined && !isOnlyWay);
    void this.reconcile();
  }

  /** Once, with the first camera: where a browser asks the candidate anything, it is beside its other questions. */
  private prepare(view: View): void {
    if (this.prepared) return;
    this.prepared = true;
    void askToKeep().catch(() => undefined);
    void this.store
      .then((store) => store.dropExpired(this.serverNow(), view.interview_id))
      .catch(() => undefined);
  }

  saved(take: string, upTo: number): void {
    this.copier.saved(take, upTo);
  }

  encoder(sample: EncoderSample): void {
    this.copier.encoder(sample);
  }

  /** Brings store, upload and screens in line with the view; once more when something changed meanwhile. */
  private async reconcile(): Promise<void> {
    this.again = true;
    if (this.reconciling) return;
    this.reconciling = true;
    while (this.again) {
      this.again = false;
      await this.reconcileOnce().catch(() => undefined);
    }
    this.reconciling = false;
  }

  private async reconcileOnce(): Promise<void> {
    const store = await this.store;
    const { view } = this;
    if (view === null) return;
    const takes = view.questions.flatMap((question) => question.takes);
    const sender = this.senderOf(store, view.interview_id);
    for (const { take } of await store.kept(view.interview_id)) {
      if (this.copier.isWriting(take)) continue;
      if (isOpen(view) && !isSpent(takes.find((each) => each.id === take))) continue;
      sender.send({ type: "forget", take });
      await store.drop(take);
    }
    const all = await store.kept(view.interview_id);
    this.stream(sender, all);
    const additions = new Map<string, Addition>();
    for (const take of takes) {
      if (this.copier.isWriting(take.id)) continue;
      const kept = this.full.has(take.id) ? undefined : all.find((each) => each.take === take.id);
      const failures = sender.upload.failures ?? 0;
      const addition = additionOf(take, {
        kept,
        failures,
        sent: this.sent.get(take.id),
        now: performance.now(),
      });
      if (addition !== null) additions.set(take.id, addition);
      if (addition?.phase !== "adding") continue;
      const chunks = chunksToAdd(plannedChunks(take, kept), this.sent.get(take.id));
      sender.send({ type: "enqueue", take: take.id, chunks: chunks.map((chunk) => chunk.n), live: false });
    }
    sender.send({ type: this.paused ? "pause" : "resume" });
    this.additions.value = additions;
  }

  /** Sends what is there of the take that records, where that is the only way. */
  private stream(sender: CopySender, all: Kept[]): void {
    const take = this.streaming;
    const kept = all.find((each) => each.take === take?.id);
    if (kept === undefined || take?.started_at == null || this.full.has(take.id)) return;
    const missing = this.copier.unacknowledged(take.id);
    const planned = chunksToSend(take.started_at, missing, kept.copies, kept.chunks);
    const chunks = planned.filter((chunk) => !chunk.settled).map((chunk) => chunk.n);
    sender.send({ type: "enqueue", take: take.id, chunks, live: true });
  }

  private senderOf(store: CopyStore, interview: string): CopySender {
    this.sender ??= new CopySender({
      store,
      interview,
      put: this.put,
      onChange: () => void this.reconcile(),
      onFull: (take) => this.full.add(take),
      onDone: (take) => this.done(take),
    });
    return this.sender;
  }

  /** From here the server finalises again, and its next view says what is left. */
  private done(take: string): void {
    const takes = this.view?.questions.flatMap((question) => question.takes);
    const missing = JSON.stringify(takes?.find((each) => each.id === take)?.missing);
    const shown = this.additions.peek().get(take);
    this.sent.set(take, { at: performance.now(), missing, ms: shown?.phase === "adding" ? shown.ms : 0 });
    setTimeout(() => void this.reconcile(), SETTLING_MS);
    void this.reconcile();
  }
}
