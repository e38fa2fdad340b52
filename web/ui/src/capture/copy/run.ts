/** One run of the recorder within a take, from its first piece to its last one on the disk. */

import { CopyRecorder } from "./recorder";
import type { Copy, CopyStore, Piece } from "./store";

export interface RunOptions {
  store: Promise<CopyStore>;
  stream: MediaStream;
  type: string;
  interview: string;
  take: string;
  origin: number;
  /** Kilobits per second of the picture. */
  maxBitrate: number;
  expires: number;
  /** Unix milliseconds on the server's clock. */
  serverNow: () => number;
  /** Another piece is on the disk. */
  onPiece: () => void;
  /** Finds room for another piece; says whether there is some. */
  makeRoom: (store: CopyStore) => Promise<boolean>;
}

/** How many bytes are written before room is looked for again. */
const ROOM_EVERY = 16 * 1024 * 1024;

/** A run that ends sooner would only end so again. */
const LONG_ENOUGH_MS = 5_000;

export class CopyRun {
  /** Resolves when everything that was recorded is on the disk. */
  readonly over: Promise<void>;
  private readonly recorder: CopyRecorder;
  private readonly begun: Promise<{ store: CopyStore; copy: Copy }>;
  private writing: Promise<void> = Promise.resolve();
  private untilRoom = 0;
  /** There was no room for more. */
  failed = false;
  private asked = false;

  /** Starts at once; throws where the browser cannot record. */
  constructor(private readonly options: RunOptions) {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.recorder = new CopyRecorder(options.stream, options.type, options.maxBitrate, {
      onPiece: (piece) => {
        this.writing = this.writing.then(() => this.write(piece)).catch(() => this.fail());
      },
      onEnd: end,
    });
    this.begun = this.begin();
    // Told by the first piece that cannot be written.
    this.begun.catch(() => undefined);
    this.over = ended.then(() => this.writing);
  }

  stop(): void {
    this.asked = true;
    this.recorder.stop();
  }

  get isRunning(): boolean {
    return this.recorder.isRunning;
  }

  /** Whether it went on well for a while and then ended without being asked to: another run may do better. */
  get brokeOff(): boolean {
    return !this.asked && !this.failed && performance.now() - this.recorder.startedAt > LONG_ENOUGH_MS;
  }

  private async begin(): Promise<{ store: CopyStore; copy: Copy }> {
    const { interview, take, type, origin, expires } = this.options;
    const store = await this.options.store;
    return {
      store,
      copy: await store.begin({ interview, take, type, origin, expires, started: this.started() }),
    };
  }

  private async write(piece: Piece): Promise<void> {
    // After a hole nothing could be read any more.
    if (this.failed) return;
    const { store, copy } = await this.begun;
    const { makeRoom } = this.options;
    this.untilRoom -= piece.bytes.byteLength;
    if (this.untilRoom < 0) {
      if (!(await makeRoom(store))) return this.fail();
      this.untilRoom = ROOM_EVERY;
    }
    try {
      await store.append({ ...copy, started: this.started() }, piece);
    } catch {
      // Most likely the quota.
      if (!(await makeRoom(store))) return this.fail();
      await store.append({ ...copy, started: this.started() }, piece);
    }
    this.options.onPiece();
  }

  /** The copy ends; the interview itself does not notice. */
  private fail(): void {
    this.failed = true;
    this.recorder.stop();
  }

  /** Time zero on the server's clock, as well as it is known by now. */
  private started(): number {
    return Math.round(this.options.serverNow() - (performance.now() - this.recorder.startedAt));
  }
}
