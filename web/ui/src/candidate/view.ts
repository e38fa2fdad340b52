/** The interview as the server describes it to the candidate. Times are unix milliseconds of the server's clock. */

import type { Span } from "../capture/copy/plan";

export type Locale = "en" | "zh";

export type InterviewState =
  | "invited"
  | "opened"
  | "consented"
  | "checked"
  | "in_progress"
  | "submitted"
  | "analysed"
  | "decided"
  | "expired"
  | "withdrawn"
  | "erased";

export type PurposeName = "recording" | "analysis" | "face_cues" | "expression";
export type AiMode = "ai" | "ai_and_human" | "human_only";
/** What a candidate can choose of: a review in one of the modes, or a conversation with a person. */
export type Way = AiMode | "human_interview";
/** How what is said comes to the server: by a media connection, or as pieces of the browser's own recording. */
export type Transport = "media" | "chunks";
export type QuestionKind = "video" | "text" | "code" | "choice";
export type TakeState =
  | "thinking"
  | "recording"
  | "interrupted"
  | "recorded"
  | "chosen"
  | "discarded"
  | "faulted";

export interface Recording {
  duration_ms: number;
  bytes: number;
  sha256: string;
  has_video: boolean;
  has_audio: boolean;
  sound_detected: boolean;
  width: number;
  height: number;
  video_gap_ms: number;
  audio_gap_ms: number;
}

export interface Take {
  id: string;
  number: number;
  state: TakeState;
  think_deadline: number | null;
  started_at: number | null;
  answer_deadline: number | null;
  stopped_at: number | null;
  stop_reason: string | null;
  /** By a technical fault: the candidate may have another take. */
  is_spoilt: boolean;
  saved_up_to_ms: number | null;
  recording: Recording | null;
  media_url: string | null;
  /** What of the take never reached the server; `null` until it is known. */
  missing: Span[] | null;
}

export type IdentityKind = "full_name" | "phone" | "email" | "mainland_id" | "text";

/** Something that the position asks about the candidate. */
export interface IdentityField {
  id: string;
  kind: IdentityKind;
  label: string;
  hint: string | null;
  required: boolean;
}

/** What is played or read aloud before a question. */
export interface Prompt {
  /** The words that the device reads aloud; else there is a file. */
  speech: string | null;
  media_url: string | null;
  media_type: string | null;
  captions_url: string | null;
  is_over: boolean;
}

/** An answer as it lies on the server. */
export interface Stored {
  /** Of a recording. */
  duration_ms: number | null;
  bytes: number;
  /** Of the recording or of the text, in hex. */
  sha256: string;
  /** Of a recording, that never arrived. */
  missing_ms: number;
}

export interface Question {
  id: string;
  kind: QuestionKind;
  /** The question whose answer led to this one. */
  follows: string | null;
  has_prompt: boolean;
  /** `null` until the question is opened, and where it has none. */
  prompt: Prompt | null;
  /** `null` until the question is opened and its prompt over. */
  text: string | null;
  hint: string | null;
  think_seconds: number | null;
  /** At the end of the think time the recording starts by itself, or nothing happens. */
  think_limit: "hard" | "soft";
  answer_seconds: number | null;
  takes_allowed: number;
  /** Takes that technical faults have spoilt do not count. */
  takes_left: number;
  status: "upcoming" | "current" | "answered";
  opened_at: number | null;
  /** Of a written answer: what is written by then is handed in by itself. */
  deadline: number | null;
  notes: string;
  options: { id: string; text: string }[];
  takes: Take[];
  /** What the server keeps of the answer; `null` until there is one. */
  stored: Stored | null;
}

export interface Accommodations {
  time_factor: number;
  untimed: boolean;
  extra_takes: number;
  /** Answers on camera are given by voice alone. */
  audio_only: boolean;
  /** Answers on camera are written instead. */
  typed_answers: boolean;
}

export interface Purpose {
  purpose: PurposeName;
  required: boolean;
  granted: boolean | null;
  title: string;
  does: string;
  does_not: string;
}

export interface Ingest {
  whip_url: string;
  ice_servers: RTCIceServer[];
  start_bitrate_kbps: number;
  /** Of the picture; less while the server is short of room. */
  max_bitrate_kbps: number;
  width: number;
  height: number;
}

export interface View {
  interview_id: string;
  state: InterviewState;
  server_time: number;
  locale: Locale;
  languages: Locale[];
  profile: string;
  expires_at: number;
  organisation: string | null;
  title: string;
  introduction: string | null;
  /** Whom to ask. */
  contact: string | null;
  candidate_name: string | null;
  ai_mode: AiMode;
  accommodations: Accommodations;
  purposes: Purpose[];
  consent_text_version: string;
  consent_text_sha256: string;
  human_requested: boolean;
  retention_days: number;
  identity: IdentityField[];
  identified: boolean;
  /** Till then a further question may come of the last answer. */
  follow_up_until: number | null;
  follow_ups_at_most: number;
  connected: boolean;
  transport: Transport;
  questions: Question[];
  ingest: Ingest;
  survey_done: boolean;
  /** It is noted for people when the page is left, and the candidate has agreed to that. */
  observes: boolean;
  /** Whether anything is asked about the candidate for statistics of fairness. */
  demographics_asked: boolean;
  /** Everything that is stored, in one archive; `null` once it is deleted. */
  data_url: string | null;
}

/** What went wrong with camera or microphone. */
export type DeviceFaultCause = "camera_lost" | "microphone_lost" | "microphone_muted";

/** What the ingest really received in the last seconds. */
export interface Uplink {
  connected: boolean;
  audio: { packets: number; bytes: number; last_ms: number | null };
  video: { packets: number; bytes: number; last_ms: number | null };
  kbps: number;
  lost: number;
}

const OPEN_STATES: InterviewState[] = ["invited", "opened", "consented", "checked", "in_progress"];

/** Whether the candidate can still do something. */
export function isOpen(view: View): boolean {
  return OPEN_STATES.includes(view.state);
}

/** The question to answer now; `undefined` when all are answered. */
export function currentQuestion(view: View): Question | undefined {
  return view.questions.find((question) => question.status !== "answered");
}

/** The take that thinks or records now. */
export function openTake(question: Question): Take | undefined {
  return question.takes.find((take) => ["thinking", "recording", "interrupted"].includes(take.state));
}

export function isRecording(take: Take): boolean {
  return take.state === "recording" || take.state === "interrupted";
}

/** The take that the review shows first: the newest. */
export function newestTake(question: Question): Take | undefined {
  return question.takes.at(-1);
}
