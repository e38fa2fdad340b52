/** What keeps the browser's own recordings until the server has them. An interview is known by its id, never its token. */

import type { ChunkPlace, CopyTimes } from "./plan";

/** One run of the recorder within a take. */
export interface Copy extends CopyTimes {
  interview: string;
  take: string;
  /** The recorder's media type. */
  type: string;
  /** From where this device counts chunks and copies of the take. */
  origin: number;
  /** When nobody can use it any more, unix ms. */
  expires: number;
}

export interface Chunk extends ChunkPlace {
  take: string;
  length: number;
  /** The server has it, or will not have it. */
  settled: boolean;
}

/** All that is kept of one take. */
export interface Kept {
  take: string;
  copies: Copy[];
  chunks: Chunk[];
}

export type Piece = Pick<Chunk, "offset" | "from" | "to"> & { bytes: ArrayBuffer };

export interface CopyStore {
  /** Most bytes that it may hold. */
  readonly largest: number;

  /** What the browser says of the room that is left; empty where it says nothing. */
  estimate(): Promise<StorageEstimate>;

  /** Begins a new copy; `origin` counts only where nothing of this take is here. */
  begin(wanted: Omit<Copy, "copy">): Promise<Copy>;

  /** Appends a piece under the take's next number. Resolves when it is kept. */
  append(copy: Copy, piece: Piece): Promise<void>;

  /** Everything of an interview, by take. */
  kept(interview: string): Promise<Kept[]>;

  /** The bytes of a chunk; `undefined` when they had to go. */
  bytes(take: string, n: number): Promise<ArrayBuffer | undefined>;

  settle(take: string, n: number): Promise<void>;

  drop(take: string): Promise<void>;

  /** Drops the bytes of single chunks of a take that goes on. */
  trim(take: string, numbers: number[]): Promise<void>;

  /** Drops what other interviews left behind in this browser and nobody can use any more. */
  dropExpired(now: number, except: string): Promise<void>;

  /** The size of every take that is here, the oldest first. */
  sizes(): Promise<{ take: string; bytes: number }[]>;
}
