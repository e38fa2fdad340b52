/**
 * The connection to the ingest as a pure state machine: `next(link, event) -> [link, effects]`.
 * The interview has one connection; when it is lost, a new POST replaces it. Waiting times are milliseconds.
 */

import type { QueuePlace } from "../api";

export type Link =
  | { phase: "off" }
  /** After failures, `code` says why the last one was. */
  | ({ phase: "connecting"; failures: number } & Partial<Failure>)
  | { phase: "live" }
  | ({ phase: "waiting"; failures: number } & Failure)
  /** The server will not have us; only a person can change that. */
  | { phase: "refused"; code: string };

interface Failure {
  code: string;
  /** Of a full server. */
  queue: QueuePlace | null;
}

export type LinkEvent =
  | { type: "start" }
  | { type: "connected" }
  /** The peer connection is gone, or nothing has come back from the server for too long. */
  | { type: "lost" }
  /** The attempt did not lead to a connection. `final` when a repeat cannot help. */
  | ({ type: "failed"; final: boolean } & Failure)
  | { type: "waited" }
  /** The device says that it is on a network (again). */
  | { type: "online" }
  | { type: "stop" };

export type LinkEffect =
  | { type: "connect" }
  | { type: "wait"; ms: number }
  /** Drop the connection; the next POST replaces it at the server. */
  | { type: "abandon" }
  /** Drop the connection and tell the server. */
  | { type: "leave" };

type Step = [Link, LinkEffect[]];

const LONGEST_WAIT_MS = 5_000;
/** Often enough to keep the place. */
const QUEUE_MS = 3_000;

export function next(link: Link, event: LinkEvent): Step {
  if (event.type === "stop") return [{ phase: "off" }, link.phase === "off" ? [] : [{ type: "leave" }]];
  switch (link.phase) {
    case "off":
    case "refused":
      return event.type === "start" ? connect(0) : stay(link);
    case "connecting":
      switch (event.type) {
        case "connected":
          return [{ phase: "live" }, []];
        case "failed":
          if (event.final) return [{ phase: "refused", code: event.code }, [{ type: "abandon" }]];
          return wait(link.failures + 1, event);
        case "lost":
          return wait(link.failures + 1, { code: "offline", queue: null });
        default:
          return stay(link);
      }
    case "live":
      // The first attempt after a loss goes out at once.
      return event.type === "lost" ? connect(0) : stay(link);
    case "waiting":
      return event.type === "waited" || event.type === "online" ? connect(link.failures, link) : stay(link);
  }
}

function connect(failures: number, { code, queue }: Partial<Failure> = {}): Step {
  return [{ phase: "connecting", failures, code, queue }, [{ type: "abandon" }, { type: "connect" }]];
}

function wait(failures: number, { code, queue }: Failure): Step {
  const ms = queue === null ? Math.min(LONGEST_WAIT_MS, 250 * 2 ** (failures - 1)) : QUEUE_MS;
  return [{ phase: "waiting", failures, code, queue }, [{ type: "abandon" }, { type: "wait", ms }]];
}

function stay(link: Link): Step {
  return [link, []];
}
