/** The candidate's own result, as `GET /api/v1/candidate/result` gives it. */

import type { Finding, Titles } from "../../report/types";

export type Outcome = "advance" | "hold" | "reject" | "hire";

export interface OwnAnswer {
  question_id: string;
  question: string;
  language: string | null;
  segments: { start_ms: number; text: string }[];
}

/** Something that was noted for people to look at; never counted. */
export interface OwnObservation {
  question_id: string;
  kind: string;
  start_ms: number;
  end_ms: number | null;
  /** What the candidate said to it. */
  comment: string | null;
}

export interface OwnResultData {
  answers: OwnAnswer[];
  noticed: OwnObservation[];
  /** `null` where the position keeps it. */
  shared: {
    score: number | null;
    max_score: number;
    dimensions: { name: string; score: number | null; max: number; weight: number }[];
    strengths: Finding[];
    to_improve: Finding[];
    models: string[];
    decision: { outcome: Outcome; reason: string | null; at: number } | null;
  } | null;
  titles: Titles;
}
