import { describe, expect, it } from "vitest";
import { MemoryStore } from "./memory";

const WANTED = { interview: "i", take: "t", type: "video/webm", origin: 16, expires: 9, started: 100 };
const piece = (from: number, size = 3) => {
  return { offset: from, from, to: from + 1000, bytes: new ArrayBuffer(size) };
};

describe("recordings where nothing can be kept on the disk", () => {
  it("are kept by take, with numbers that go on from run to run", async () => {
    const store = new MemoryStore();
    const first = await store.begin(WANTED);
    await store.append({ ...first, started: 90 }, piece(0));
    await store.append(first, piece(1000));
    const second = await store.begin({ ...WANTED, origin: 999 });
    await store.append(second, piece(0, 5));
    const [kept, ...others] = await store.kept("i");
    expect(others).toEqual([]);
    expect(kept?.copies.map(({ copy, origin, started }) => [copy, origin, started])).toEqual([
      [16, 16, 100],
      [17, 16, 100],
    ]);
    expect(kept?.chunks.map(({ n, copy, settled }) => [n, copy, settled])).toEqual([
      [16, 16, false],
      [17, 16, false],
      [18, 17, false],
    ]);
    expect((await store.bytes("t", 18))?.byteLength).toBe(5);
    expect(await store.sizes()).toEqual([{ take: "t", bytes: 11 }]);
    expect(await store.kept("another")).toEqual([]);
  });

  it("settle, go piece by piece, and go as a whole", async () => {
    const store = new MemoryStore();
    const copy = await store.begin(WANTED);
    for (const at of [0, 1000, 2000]) await store.append(copy, piece(at));
    await store.settle("t", 17);
    await store.trim("t", [16]);
    const [kept] = await store.kept("i");
    expect(kept?.chunks.map(({ n, settled }) => [n, settled])).toEqual([
      [17, true],
      [18, false],
    ]);
    expect(await store.bytes("t", 16)).toBeUndefined();
    await store.drop("t");
    expect(await store.kept("i")).toEqual([]);
    await expect(store.append(copy, piece(3000))).rejects.toThrow();
  });
});
