/** Copies the take that records: exactly while it does, through device changes, and only where it can be afforded. */

import { type Acknowledged, acknowledge, dispensable, NOTHING, unacknowledged } from "./acknowledged";
import type { Span } from "./plan";
import { type Content, recordableType } from "./recorder";
import { makeRoom } from "./room";
import { CopyRun } from "./run";
import type { CopyStore } from "./store";
import { type EncoderSample, mayCopyPicture, observe, RELAXED } from "./strain";

export interface RecordingTake {
  interview: string;
  take: string;
  /** Unix milliseconds on the server's clock. */
  startedAt: number;
  /** When the server ends it by its clock; `null` for no limit. */
  endsAt: number | null;
  /** Recorded by another page or device before this page came. */
  inherited: boolean;
  /** When the copy is of no use any more. */
  expires: number;
  /** Kilobits per second of the picture. */
  maxBitrate: number;
}

export interface CopierEvents {
  /** What is said in this take is being kept, as the disk has proved; `null` when nothing is kept any more. */
  onKeeping: (take: string | null) => void;
  /** The disk takes no more of what is said. */
  onNoRoom: () => void;
  /** Another piece is on the disk. */
  onPiece: () => void;
  /** All of a run is on the disk. */
  onWritten: () => void;
}

/** A little of what follows the take does no harm; a word cut off does. */
const AFTER_END_MS = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Two devices that record the same take count from different places, so that their chunks never meet. */
const ORIGIN_STEP = 2 ** 14;
const ORIGINS = 2 ** 15;

interface Current {
  take: RecordingTake;
  stream: MediaStream;
  content: Content;
  run: CopyRun;
}

export class TakeCopier {
  private current: Current | null = null;
  private endTimer: ReturnType<typeof setTimeout> | undefined;
  /** Runs per take whose last pieces are not on the disk yet. */
  private readonly writing = new Map<string, number>();
  /** Nothing else brings the picture to the server. */
  private isOnlyWay = false;
  private strain = RELAXED;
  private acknowledged: { take: string; known: Acknowledged } | null = null;

  constructor(
    private readonly store: Promise<CopyStore>,
    private readonly serverNow: () => number,
    private readonly events: CopierEvents,
  ) {}

  /** Whether something of the take may still come to the disk. */
  isWriting(take: string): boolean {
    return this.writing.has(take);
  }

  /**
   * Copies `take` from `stream`; what was copied before ends when either is another one. `isOnlyWay` where no media
   * connection comes about: then the picture is copied in any case.
   */
  follow(take: RecordingTake | null, stream: MediaStream | null, isOnlyWay: boolean): void {
    const { current } = this;
    clearTimeout(this.endTimer);
    this.isOnlyWay = isOnlyWay;
    const sameTake = current !== null && current.take.take === take?.take && current.stream === stream;
    const same = sameTake && current.content === this.content;
    if (current !== null && !same) {
      this.current = null;
      setTimeout(() => current.run.stop(), stream === null ? 0 : AFTER_END_MS);
    }
    if (take === null || stream === null) return;
    if (!same) this.start(take, stream);
    // Also when no word of the server comes through.
    if (take.endsAt === null) return;
    const left = take.endsAt + AFTER_END_MS - this.serverNow();
    this.endTimer = setTimeout(() => this.current?.run.stop(), Math.min(Math.max(0, left), LONGEST_TIMER_MS));
  }

  /** The server has the take up to here. */
  saved(take: string, upTo: number): void {
    const known = this.acknowledged?.take === take ? this.acknowledged.known : NOTHING;
    this.acknowledged = { take, known: acknowledge(known, upTo) };
  }

  /** Watches whether the device can afford a second picture. If not, only the sound is copied: it costs next to nothing. */
  encoder(sample: EncoderSample): void {
    const { current } = this;
    const copiesPicture = current?.run.isRunning === true && current.content === "picture_and_sound";
    this.strain = observe(this.strain, sample, copiesPicture);
    if (current === null || this.content === current.content) return;
    current.run.stop();
    this.start(current.take, current.stream);
  }

  /** What the server may lack of a take that still records. */
  unacknowledged(take: string): Span[] {
    return unacknowledged(this.acknowledged?.take === take ? this.acknowledged.known : NOTHING);
  }

  private get content(): Content {
    return this.isOnlyWay || mayCopyPicture(this.strain) ? "picture_and_sound" : "sound_only";
  }

  private start(take: RecordingTake, stream: MediaStream): void {
    const { content } = this;
    this.current = null;
    const type = recordableType(content);
    if (type === undefined) return;
    try {
      const run = new CopyRun({
        store: this.store,
        stream,
        type,
        interview: take.interview,
        take: take.take,
        origin: take.inherited ? (1 + Math.floor(Math.random() * (ORIGINS - 1))) * ORIGIN_STEP : 0,
        expires: take.expires,
        maxBitrate: take.maxBitrate,
        serverNow: this.serverNow,
        onPiece: () => {
          if (this.current?.run === run) this.events.onKeeping(take.take);
          this.events.onPiece();
        },
        makeRoom: (store) => makeRoom(store, take.take, () => this.trim(store, take)),
      });
      this.current = { take, stream, content, run };
      this.writing.set(take.take, (this.writing.get(take.take) ?? 0) + 1);
      void run.over.finally(() => this.ended(take, stream, run));
    } catch {
      // A browser that cannot record twice at once: the interview goes on without a copy.
    }
  }

  private ended(take: RecordingTake, stream: MediaStream, run: CopyRun): void {
    const latest = this.current?.run === run;
    if (latest || this.current === null) this.events.onKeeping(null);
    if (latest && run.failed) this.events.onNoRoom();
    if (latest && run.brokeOff) this.start(take, stream);
    const others = (this.writing.get(take.take) ?? 1) - 1;
    if (others > 0) this.writing.set(take.take, others);
    else this.writing.delete(take.take);
    this.events.onWritten();
  }

  /** Gives up what the server certainly has of a take that goes on. */
  private async trim(store: CopyStore, { interview, take, startedAt }: RecordingTake): Promise<void> {
    const kept = (await store.kept(interview)).find((each) => each.take === take);
    if (kept === undefined || this.acknowledged?.take !== take) return;
    const chunks = dispensable(this.acknowledged.known, startedAt, kept.copies, kept.chunks);
    await store.trim(
      take,
      chunks.map((chunk) => chunk.n),
    );
  }
}
