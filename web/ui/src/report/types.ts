/** The report 1.0 as the server sends it (schema: /schemas/report-1.0.json). Unknown fields are ignored. */

export type Assessed<T> = T | { not_assessed: string };

export interface Span {
  start_ms: number;
  end_ms: number;
}

export interface Quote extends Span {
  quote: string;
}

export interface Word extends Span {
  text: string;
  confidence: number;
}

export interface Segment extends Span {
  text: string;
  confidence: number;
  words?: Word[];
}

export interface Transcript {
  text: string;
  language: string;
  mean_confidence: number;
  segments: Segment[];
}

export interface Spread {
  median: number;
  range: number;
}

export interface Speech {
  speech_ms: number;
  first_word_ms: number | null;
  words_per_minute: number | null;
  characters_per_minute: number | null;
  rate?: { unit: "words" | "characters"; speech: number; articulation: number };
  pauses: Span[];
  pause_totals?: { count: number; longest_ms: number; share: number };
  fillers: (Span & { text: string })[];
  restarts?: (Span & { text: string })[];
  loudness_dbfs: Spread | null;
  loudness_deviation_db?: number;
  pitch_hz: Spread | null;
  sound?: {
    clipped_share: number;
    clipped: Span[];
    noise_dbfs: number | null;
    signal_to_noise_db: number | null;
  };
}

/** Least and most, under a stricter and a laxer threshold. */
type ShareRange = [least: number, most: number];

export interface Face {
  sampled_fps: number;
  in_frame_share: number;
  faces_max: number;
  /** Where the picture is too bad to read a face. */
  not_assessed?: (Span & { reason: string })[];
  smile?: { count: number; share: number; share_range?: ShareRange; spans: Span[] };
  camera_facing?: { share: number; share_range?: ShareRange; spans: Span[] };
  looking_away?: Span[];
  blinks?: { count: number };
  expressions?: (Span & { label: string; confidence: number })[];
  quality: { face_height_share: number | null; light: number; sharpness: number };
}

export interface Language {
  words: number;
  keywords: { term: string; hits: Quote[] }[];
  numbers: (Quote & { value: number; unit: string })[];
  structure: (Quote & { part: string })[];
  relevance: number | null;
}

export interface CriterionScore {
  criterion: string;
  dimension: string;
  points: number;
  max_points: number;
  evidence: Quote[];
  absence?: string;
  not_assessed?: string;
  from_face?: boolean;
  /** The language model that judged. */
  judged_by?: string;
}

export interface Answer {
  question_id: string;
  question: string;
  kind: "video" | "text" | "code" | "choice";
  /** Of a further question: the answer that led to it, and by which rule. */
  follow_up?: {
    question_id: string;
    mentioned?: string;
    lacking?: string[];
    judged?: { statement: string; model: string };
  };
  take: number | null;
  take_id?: string;
  duration_ms: number | null;
  recording_url: string | null;
  transcript: Assessed<Transcript>;
  scores: CriterionScore[];
  cues: { speech: Assessed<Speech>; face: Assessed<Face>; language: Assessed<Language> };
}

/** What a candidate said about themselves, where the position asks for it. */
export interface IdentityValue {
  id: string;
  label: string;
  value: string;
}

export interface Finding {
  question_id: string;
  criterion: string;
  dimension: string;
  points: number;
  max_points: number;
  quote?: string;
}

export interface Correction {
  question_id: string;
  start_ms: number;
  was: string;
  text: string;
  /** `candidate`, or a person's name. */
  by: string;
  at: string;
}

interface Change<T> {
  before: T;
  after: T;
}

interface Verdict {
  points: number;
  max_points: number;
  not_assessed?: string;
}

/** How this report differs from the one before it. */
export interface Revision {
  number: number;
  difference: {
    score?: Change<number | null>;
    queue?: Change<Queue>;
    dimensions?: (Change<number | null> & { name: string })[];
    criteria?: (Change<Verdict | null> & { question_id: string; criterion: string })[];
  };
}

export type Queue = "ready_for_human_interview" | "suggest_offer_talk" | "needs_a_person";

/** In one language, or in several by ISO 639-1 code. */
export type Text = string | Record<string, string>;

/** What the position calls its dimensions, and the criteria of each question. */
export interface Titles {
  dimensions?: Record<string, Text>;
  criteria?: Record<string, Record<string, Text>>;
}

export interface Report {
  schema_version: string;
  interview_id: string;
  external_id: string | null;
  position: { id: string; external_id: string; title: string };
  candidate: { ref: string | null; name: string | null };
  locale: string;
  profile: string;
  ai_mode: "ai" | "ai_and_human" | "human_only";
  status: "complete" | "partial";
  sequence: number;
  overall: {
    score: number | null;
    max_score: number;
    match_percent: number | null;
    queue: Queue;
    score_without_face?: number;
    assessed_share: number;
  };
  dimensions: { name: string; score: number | null; max: number; weight: number }[];
  answers: Answer[];
  strengths: Finding[];
  concerns: Finding[];
  not_assessed: { question_id: string; what: string; reason: string }[];
  models: { name: string; version: string; sha256: string; license: string }[];
  rubric_version: string;
  human_review: { required: boolean; by: string | null; at: string | null };
  integrity_flags: {
    kind: string;
    at_ms: number;
    note: string;
    question_id?: string;
    end_ms?: number;
    /** What the candidate says to it. */
    comment?: string;
  }[];
  corrections?: Correction[];
  revision?: Revision;
  result_url: string;
  delete_after: string;
  /** RFC 3339, by class of data. */
  delete_after_by_class?: Record<string, string>;
  titles?: Titles;
}

type Curve = (number | null)[];

/** Curves with one value per step; `null` where nothing was measured. */
export interface Timelines {
  step_ms: number;
  loudness_dbfs: Curve;
  speech_rate: Curve;
  smile: Curve;
  camera_facing: Curve;
}

/** A cue may have stretches that were not assessed; only a reason says that nothing was. */
export function present<T extends object>(assessed: Assessed<T>): T | null {
  return "not_assessed" in assessed && typeof assessed.not_assessed === "string" ? null : (assessed as T);
}
