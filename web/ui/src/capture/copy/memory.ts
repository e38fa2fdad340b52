/**
 * The browser's own recordings where the browser lets a page keep nothing, as in some private windows: they outlive a
 * dead network and a dead server, but not the page.
 */

import type { Chunk, Copy, CopyStore, Kept, Piece } from "./store";

/** Ten minutes of picture and sound: an old phone spares no more. */
const LARGEST = 96 * 1024 * 1024;

interface Held extends Kept {
  bytes: Map<number, ArrayBuffer>;
  next: number;
}

export class MemoryStore implements CopyStore {
  readonly largest = LARGEST;
  private readonly takes = new Map<string, Held>();

  async estimate(): Promise<StorageEstimate> {
    return {};
  }

  async begin(wanted: Omit<Copy, "copy">): Promise<Copy> {
    const { take } = wanted;
    const held: Held = this.takes.get(take) ?? {
      take,
      copies: [],
      chunks: [],
      bytes: new Map(),
      next: wanted.origin,
    };
    this.takes.set(take, held);
    const last = held.copies.at(-1);
    const copy = {
      ...wanted,
      origin: last?.origin ?? wanted.origin,
      copy: last ? last.copy + 1 : wanted.origin,
    };
    held.copies.push(copy);
    return copy;
  }

  async append(copy: Copy, { bytes, ...place }: Piece): Promise<void> {
    const held = this.takes.get(copy.take);
    if (held === undefined) throw new Error("the take was dropped");
    // The estimate of its beginning has become better.
    held.copies = held.copies.map((each) => (each.copy === copy.copy ? copy : each));
    const n = held.next++;
    held.chunks.push({
      ...place,
      take: copy.take,
      n,
      copy: copy.copy,
      length: bytes.byteLength,
      settled: false,
    });
    held.bytes.set(n, bytes);
  }

  async kept(interview: string): Promise<Kept[]> {
    const ofInterview = [...this.takes.values()].filter((held) => held.copies[0]?.interview === interview);
    return ofInterview.map(({ take, copies, chunks }) => ({
      take,
      copies: [...copies],
      chunks: [...chunks],
    }));
  }

  async bytes(take: string, n: number): Promise<ArrayBuffer | undefined> {
    return this.takes.get(take)?.bytes.get(n);
  }

  async settle(take: string, n: number): Promise<void> {
    this.change(take, (chunk) => (chunk.n === n ? { ...chunk, settled: true } : chunk));
  }

  async drop(take: string): Promise<void> {
    this.takes.delete(take);
  }

  async trim(take: string, numbers: number[]): Promise<void> {
    this.change(take, (chunk) => (numbers.includes(chunk.n) ? null : chunk));
    for (const n of numbers) this.takes.get(take)?.bytes.delete(n);
  }

  async dropExpired(): Promise<void> {
    // Nothing here is older than the page.
  }

  async sizes(): Promise<{ take: string; bytes: number }[]> {
    return [...this.takes.values()].map(({ take, chunks }) => ({
      take,
      bytes: chunks.reduce((sum, { length }) => sum + length, 0),
    }));
  }

  private change(take: string, change: (chunk: Chunk) => Chunk | null): void {
    const held = this.takes.get(take);
    if (held !== undefined) held.chunks = held.chunks.map(change).filter((chunk) => chunk !== null);
  }
}
