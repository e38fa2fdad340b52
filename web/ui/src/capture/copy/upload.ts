/**
 * Sending the chunks of copies as a pure state machine: `next(upload, event) -> [upload, effects]`. One chunk is
 * under way at a time; waiting times are milliseconds.
 */

/** What is still to be sent of one take. */
export interface Job {
  take: string;
  /** Numbers of chunks, in order; the last one of a take that is over tells the server to finalise again. */
  chunks: number[];
  /** The chunk of this job that the server took last. */
  stored: number | null;
  /** The take still records: more chunks will come, and nothing is to be finalised yet. */
  live: boolean;
  /** The chunks are done with, and only the server's finalising is still to be asked for. */
  closing: boolean;
}

export interface Upload {
  phase: "idle" | "sending" | "waiting" | "paused";
  jobs: Job[];
  failures: number;
}

export type UploadEvent =
  | { type: "enqueue"; take: string; chunks: number[]; live: boolean }
  /** The server has the chunk. */
  | { type: "stored" }
  /** The server will not have this chunk, or it is gone here. */
  | { type: "skipped" }
  /** The server has no room for more of this take. */
  | { type: "full" }
  /** The server will have nothing of this take. */
  | { type: "refused" }
  /** No answer, or one that a repeat may change. */
  | { type: "failed" }
  | { type: "waited" }
  | { type: "online" }
  /** A take records now: the uplink belongs to it. */
  | { type: "pause" }
  | { type: "resume" }
  | { type: "forget"; take: string };

export type UploadEffect =
  | { type: "send"; take: string; chunk: number; last: boolean }
  /** Break off the request under way, or the waiting. */
  | { type: "abort" }
  | { type: "wait"; ms: number }
  /** The chunk need not be sent again. */
  | { type: "settled"; take: string; chunk: number }
  /** The server has no room for more of the take. */
  | { type: "full"; take: string }
  /** All of a take was sent, as far as the server would have it. */
  | { type: "done"; take: string }
  | { type: "drop"; take: string };

type Step = [Upload, UploadEffect[]];

export const IDLE: Upload = { phase: "idle", jobs: [], failures: 0 };

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export function next(upload: Upload, event: UploadEvent): Step {
  switch (event.type) {
    case "enqueue":
      return enqueue(upload, event);
    case "forget":
      return forget(upload, event.take);
    case "pause":
      if (upload.phase === "paused") return [upload, []];
      return [
        { ...upload, phase: "paused", failures: 0 },
        upload.phase === "idle" ? [] : [{ type: "abort" }],
      ];
    case "resume":
      return upload.phase === "paused" ? goOn(upload.jobs, []) : [upload, []];
    case "waited":
    case "online":
      return upload.phase === "waiting" ? goOn(upload.jobs, [], upload.failures) : [upload, []];
    default:
      return upload.phase === "sending" ? answered(upload, event.type) : [upload, []];
  }
}

function answered(upload: Upload, answer: "stored" | "skipped" | "full" | "refused" | "failed"): Step {
  const [job, ...others] = upload.jobs;
  const [chunk, ...rest] = job?.chunks ?? [];
  if (job === undefined || chunk === undefined) return goOn(others, []);
  const settled: UploadEffect = { type: "settled", take: job.take, chunk };
  switch (answer) {
    case "failed": {
      const failures = upload.failures + 1;
      const ms = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** (failures - 1));
      return [{ ...upload, phase: "waiting", failures }, [{ type: "wait", ms }]];
    }
    case "refused":
      return goOn(others, [{ type: "drop", take: job.take }]);
    case "stored":
      if (rest.length > 0) return goOn([{ ...job, chunks: rest, stored: chunk }, ...others], [settled]);
      return goOn(others, job.live ? [settled] : [settled, { type: "done", take: job.take }]);
    case "skipped":
      if (rest.length > 0) return goOn([{ ...job, chunks: rest }, ...others], [settled]);
      return close(job, others, [settled]);
    case "full":
      return close(job, others, [{ type: "full", take: job.take }]);
  }
}

/** The last chunk did not get through, but others did: repeating one of those asks for finalising. */
function close(job: Job, others: Job[], effects: UploadEffect[]): Step {
  const { take, stored, closing, live } = job;
  if (live) return goOn(others, effects);
  if (stored === null || closing) return goOn(others, [...effects, { type: "done", take }]);
  return goOn([{ ...job, chunks: [stored], closing: true }, ...others], effects);
}

function enqueue(upload: Upload, { take, chunks, live }: Omit<Job, "stored" | "closing">): Step {
  if (chunks.length === 0 || upload.jobs.some((job) => job.take === take)) return [upload, []];
  const jobs = [...upload.jobs, { take, chunks, live, stored: null, closing: false }];
  return upload.phase === "idle" ? goOn(jobs, []) : [{ ...upload, jobs }, []];
}

function forget(upload: Upload, take: string): Step {
  const jobs = upload.jobs.filter((job) => job.take !== take);
  const first = upload.jobs[0]?.take === take;
  if (!first || upload.phase === "paused") return [{ ...upload, jobs }, []];
  return goOn(jobs, [{ type: "abort" }]);
}

function goOn(jobs: Job[], effects: UploadEffect[], failures = 0): Step {
  const [job] = jobs;
  const [chunk] = job?.chunks ?? [];
  if (job === undefined || chunk === undefined) return [{ phase: "idle", jobs: [], failures: 0 }, effects];
  const last = job.chunks.length === 1 && !job.live;
  const send: UploadEffect = { type: "send", take: job.take, chunk, last };
  return [{ phase: "sending", jobs, failures }, [...effects, send]];
}
