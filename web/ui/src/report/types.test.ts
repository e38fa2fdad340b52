import { expect, it } from "vitest";
import { present } from "./types";

it("takes a cue with unreadable stretches for a cue", () => {
  const face = { in_frame_share: 1, not_assessed: [{ start_ms: 0, end_ms: 900, reason: "dark" }] };
  expect(present(face)).toBe(face);
  expect(present<{ in_frame_share: number }>({ not_assessed: "no picture" })).toBeNull();
});
