/** The browser's own recordings in IndexedDB: what a crash of the tab or of the device must not take away. */

import type { Chunk, Copy, CopyStore, Kept, Piece } from "./store";

const NAME = "viva-copy";
const VERSION = 1;
/** Three quarters of an hour of picture and sound. */
const LARGEST = 400 * 1024 * 1024;
const ALL = ["copies", "chunks", "bytes"];

export class DiskStore implements CopyStore {
  readonly largest = LARGEST;
  /** Settled by this page, also where the disk does not take it: else such chunks were sent again and again. */
  private readonly settled = new Set<string>();

  private constructor(private readonly database: IDBDatabase) {}

  /** Rejects where the browser keeps nothing, as in some private windows. */
  static async open(): Promise<DiskStore> {
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
    return new DiskStore(database);
  }

  async estimate(): Promise<StorageEstimate> {
    return (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
  }

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

  async trim(take: string, numbers: number[]): Promise<void> {
    const transaction = this.database.transaction(["chunks", "bytes"], "readwrite");
    for (const n of numbers) {
      transaction.objectStore("chunks").delete([take, n]);
      transaction.objectStore("bytes").delete([take, n]);
    }
    await over(transaction);
  }

  async dropExpired(now: number, except: string): Promise<void> {
    const copies = await this.everyCopy();
    const expired = copies.filter((copy) => copy.expires <= now && copy.interview !== except);
    for (const take of new Set(expired.map((copy) => copy.take))) await this.drop(take);
  }

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
