/** The candidate's own result, as `GET /api/v1/candidate/result` gives it. */

import type { Finding } from "../../report/types";

export interface OwnAnswer {
  question_id: string;
  question: string;
  language: string | null;
  segments: { start_ms: number; text: string }[];
}

export interface OwnResultData {
  answers: OwnAnswer[];
  /** Whether software measured anything. */
  measured: boolean;
  /** `null` where the position keeps it. */
  shared: {
    score: number | null;
    max_score: number;
    dimensions: { name: string; score: number | null; max: number; weight: number }[];
    strengths: Finding[];
    to_improve: Finding[];
    models: string[];
    decision: { outcome: string; reason: string | null; at: number } | null;
  } | null;
}
