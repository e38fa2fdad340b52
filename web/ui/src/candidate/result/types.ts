/** The candidate's own result, as `GET /api/v1/candidate/result` gives it. */

import type { Finding } from "../../report/types";

export type Outcome = "advance" | "hold" | "reject" | "hire";

export interface OwnAnswer {
  question_id: string;
  question: string;
  language: string | null;
  segments: { start_ms: number; text: string }[];
}

export interface OwnResultData {
  answers: OwnAnswer[];
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
}
