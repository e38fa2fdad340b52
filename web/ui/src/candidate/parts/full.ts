import type { Link } from "../../capture/link";
import { later } from "./later";

export const Queue = later(() => import("../queue/Queue").then((part) => part.Queue));

/** Every place of the server is taken, and this page waits for one. */
export function isFull(link: Link): boolean {
  return (link.phase === "waiting" || link.phase === "connecting") && link.code === "ingest_full";
}
