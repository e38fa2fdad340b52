/**
 * The browser's own recordings in IndexedDB: what a crash of the tab or of the device must not take away. The
 * link's token never comes here; an interview is known by its id.
 */

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

const NAME = "viva-copy";
const VERSION = 1;
const ALL = ["copies", "chunks", "bytes"];

export class CopyStore {
  /** Settled by this page, also where the disk does not take it: else such chunks were sent again and again. */
  private readonly settled = new Set<string>();

  private constructor(private readonly database: IDBDatabase) {}

  /** Rejects where the browser keeps nothing, as in some private windows. */
  static async open(): Promise<CopyStore> {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      const copies = opening.result.createObjectStore("copies", { keyPath: ["take", "copy"] });
      copies.createIndex("interview", "interview");
      opening.result.createObjectStore("chunks", { keyPath: ["take", "n"] });
      opening.result.createObjectStore("bytes");
    };
    const database = await result(opening);
    // Another tab with newer code: it goes first, this one merely stops keeping.
    database.onversionchange = () => database.close();
    return new CopyStore(database);
  }

  /** Begins a new copy; `origin` counts only where nothing of this take is here. */
  async begin(wanted: Omit<Copy, "copy">): Promise<Copy> {
    const transaction = this.database.transaction("copies", "readwrite");
    const copies = transaction.objectStore("copies");
    const before: Copy[] = await result(copies.getAll(ofTake(wanted.take)));
    const last = before.at(-1);
    const copy: Copy = {
      ...wanted,
      origin: last?.origin ?? wanted.origin,
      copy: last === undefined ? wanted.origin : last.copy + 1,
    };
    copies.add(copy);
    await over(transaction);
    return copy;
  }

  /** Appends a piece under the take's next number. Resolves when it is on the disk. */
  async append(copy: Copy, { bytes, ...place }: Piece): Promise<void> {
    const transaction = this.database.transaction(ALL, "readwrite", { durability: "strict" });
    const chunks = transaction.objectStore("chunks");
    const last = chunks.openKeyCursor(ofTake(copy.take), "prev");
    last.onsuccess = () => {
      const [, before] = (last.result?.key as [string, number] | undefined) ?? [copy.take, copy.origin - 1];
      const { take } = copy;
      const chunk: Chunk = {
        ...place,
        take,
        n: before + 1,
        copy: copy.copy,
        length: bytes.byteLength,
        settled: false,
      };
      chunks.add(chunk);
      transaction.objectStore("bytes").add(bytes, [take, chunk.n]);
      // The estimate of its beginning has become better.
      transaction.objectStore("copies").put(copy);
    };
    await over(transaction);
  }

  /** Everything of an interview, by take. */
  async kept(interview: string): Promise<Kept[]> {
    const transaction = this.database.transaction(["copies", "chunks"]);
    const index = transaction.objectStore("copies").index("interview");
    const copies: Copy[] = await result(index.getAll(interview));
    const takes = [...new Set(copies.map((copy) => copy.take))];
    const chunks = transaction.objectStore("chunks");
    const ofEach = await Promise.all(takes.map((take) => result<Chunk[]>(chunks.getAll(ofTake(take)))));
    return takes.map((take, at) => ({
      take,
      copies: copies.filter((copy) => copy.take === take),
      chunks: (ofEach[at] ?? []).map((chunk) => ({
        ...chunk,
        settled: chunk.settled || this.settled.has(nameOf(chunk)),
      })),
    }));
  }

  /** The bytes of a chunk; `undefined` when they had to go. */
  bytes(take: string, n: number): Promise<ArrayBuffer | undefined> {
    return result(this.database.transaction("bytes").objectStore("bytes").get([take, n]));
  }

  async settle(take: string, n: number): Promise<void> {
    this.settled.add(nameOf({ take, n }));
    const transaction = this.database.transaction("chunks", "readwrite", { durability: "strict" });
    const chunks = transaction.objectStore("chunks");
    const chunk: Chunk | undefined = await result(chunks.get([take, n]));
    if (chunk !== undefined) chunks.put({ ...chunk, settled: true });
    await over(transaction);
  }

  async drop(take: string): Promise<void> {
    const transaction = this.database.transaction(ALL, "readwrite");
    for (const name of ALL) transaction.objectStore(name).delete(ofTake(take));
    await over(transaction);
  }

  /** Drops the bytes of single chunks of a take that goes on. */
  async trim(take: string, numbers: number[]): Promise<void> {
    const transaction = this.database.transaction(["chunks", "bytes"], "readwrite");
    for (const n of numbers) {
      transaction.objectStore("chunks").delete([take, n]);
      transaction.objectStore("bytes").delete([take, n]);
    }
    await over(transaction);
  }

  /** Drops what other interviews left behind in this browser and nobody can use any more. */
  async dropExpired(now: number, except: string): Promise<void> {
    const copies = await this.everyCopy();
    const expired = copies.filter((copy) => copy.expires <= now && copy.interview !== except);
    for (const take of new Set(expired.map((copy) => copy.take))) await this.drop(take);
  }

  /** The size of every take in this browser, the oldest first. */
  async sizes(): Promise<{ take: string; bytes: number }[]> {
    const copies = (await this.everyCopy()).sort((a, b) => a.started - b.started);
    const sizes = new Map(copies.map((copy) => [copy.take, 0]));
    const chunks: Chunk[] = await result(this.database.transaction("chunks").objectStore("chunks").getAll());
    for (const { take, length } of chunks) sizes.set(take, (sizes.get(take) ?? 0) + length);
    return [...sizes].map(([take, bytes]) => ({ take, bytes }));
  }

  private everyCopy(): Promise<Copy[]> {
    return result(this.database.transaction("copies").objectStore("copies").getAll());
  }
}

function nameOf({ take, n }: Pick<Chunk, "take" | "n">): string {
  return `${take} ${n}`;
}

/** Every key of a take: arrays sort after numbers. */
function ofTake(take: string): IDBKeyRange {
  return IDBKeyRange.bound([take], [take, []]);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function over(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
