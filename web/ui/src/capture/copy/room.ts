/** How much room the copies may take, and what goes first when that is not enough. */

import type { CopyStore } from "./store";

/** Left free for everything else that lives in this browser. */
const FREE = 64 * 1024 * 1024;
/** Room for so much is made at once. */
const AHEAD = 32 * 1024 * 1024;

/** Bytes that have to go before more can be written, of a store that holds `stored` and may hold `largest`. */
export function excess(stored: number, largest: number, { quota, usage }: StorageEstimate): number {
  const free = quota === undefined || usage === undefined ? Number.POSITIVE_INFINITY : quota - usage - FREE;
  return Math.max(0, AHEAD - Math.min(largest - stored, free));
}

/** The finished takes that go, from the oldest on. */
export function sacrifice(
  sizes: { take: string; bytes: number }[],
  recording: string,
  needed: number,
): string[] {
  let left = needed;
  return sizes
    .filter(({ take }) => take !== recording)
    .filter(({ bytes }) => {
      const goes = left > 0;
      if (goes) left -= bytes;
      return goes;
    })
    .map(({ take }) => take);
}

/**
 * Makes room for what `recording` still brings: finished takes go first, then what `trim` finds dispensable of it.
 * Says whether there is room now.
 */
export async function makeRoom(
  store: CopyStore,
  recording: string,
  trim: () => Promise<void>,
): Promise<boolean> {
  const needed = await neededNow(store);
  if (needed === 0) return true;
  for (const take of sacrifice(await store.sizes(), recording, needed)) await store.drop(take);
  if ((await neededNow(store)) > 0) await trim();
  return (await neededNow(store)) < AHEAD;
}

async function neededNow(store: CopyStore): Promise<number> {
  const stored = (await store.sizes()).reduce((sum, { bytes }) => sum + bytes, 0);
  return excess(stored, store.largest, await store.estimate());
}

/** Asks the browser once not to clear the copies when its disk fills up. */
export async function askToKeep(): Promise<void> {
  if (await navigator.storage?.persisted?.()) return;
  await navigator.storage?.persist?.();
}
