/** A position's comparison and statistics as the server sends them. */

import type { Answer, Queue, Titles } from "../report/types";

export interface Compared {
  interview_id: string;
  candidate: { ref: string | null; name: string | null };
  submitted_at: number | null;
  score: number | null;
  queue: Queue;
  points: number;
  max_points: number;
  other_rubric: boolean;
  report_url: string;
  /** Only of those that were chosen. */
  answer?: Answer;
}

export interface Comparison {
  position: { id: string; external_id: string; title: string };
  questions: { id: string; text: string; kind: Answer["kind"] }[];
  question_id: string;
  criteria: string[];
  titles: Titles;
  candidates: Compared[];
  truncated: boolean;
}

export interface Spread {
  count: number;
  mean: number | null;
  maximum: number | null;
  minimum: number | null;
  median: number | null;
  deviation: number | null;
  /** Tenths of the scale. */
  distribution: number[];
}

export interface DriftSide {
  count: number;
  mean: number;
  median: number;
}

export interface Statistics {
  position: string;
  title: string;
  titles?: Titles;
  question_texts: Record<string, string>;
  funnel: Record<string, number>;
  score: Spread;
  dimensions: Record<string, Spread>;
  questions: {
    question_id: string;
    count: number;
    difficulty: number | null;
    discrimination: number | null;
  }[];
  channels: { channel: string | null; invited: number; submitted: number; decided: number; score: Spread }[];
  agreement: {
    suggested_and_taken: number;
    suggested_and_rejected: number;
    below_and_taken: number;
    below_and_rejected: number;
    without_score: number;
    agreement: number | null;
    override_rate: number | null;
    kappa: number | null;
  };
  survey: { answered: number; rating: Spread; fairness: Spread };
  drift: {
    comparisons: {
      by: "models" | "time";
      before: string;
      after: string;
      measures: {
        name: "score" | "recognition_confidence" | "not_assessed";
        before: DriftSide;
        after: DriftSide;
        effect: number;
        p: number;
        alarm: boolean;
      }[];
    }[];
    alarms: number;
    smallest_side: number;
    window_days: number;
  };
  demographics: string[];
  truncated: boolean;
}

export interface GroupRate {
  group: string;
  count: number;
  rate: number | null;
  ratio: number | null;
  below_four_fifths: boolean;
}

export interface Impact {
  selection: GroupRate[];
  scoring: GroupRate[];
  smallest_group: number;
}
