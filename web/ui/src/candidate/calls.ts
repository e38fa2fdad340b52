/** The candidate's part of the HTTP interface. */

import { request, requestText } from "../api";
import type { OutgoingChunk } from "../capture/copy/sender";
import type { Edit } from "../code/typing";
import type { OwnDemographics } from "./fairness/Demographics";
import type { OwnResultData } from "./result/types";
import type {
  Accommodations,
  DeviceFaultCause,
  Locale,
  PurposeName,
  Transport,
  Uplink,
  View,
  Way,
} from "./view";

export interface DeviceReport {
  camera: boolean;
  microphone: boolean;
  uplink: boolean;
  uplink_kbps: number | null;
  width: number | null;
  height: number | null;
  user_agent: string;
}

export type AnswerBody = { take_id: string } | { text: string } | { choice: string[] };

/** An answer that is being written, as the server keeps it. */
export interface Draft {
  draft: string;
  choice: string[];
  /** Edits that are kept: the number of the next one. */
  edits: number;
}

export interface DraftUpdate {
  draft?: string;
  choice?: string[];
  /** The number of the first of these edits. */
  first?: number;
  edits?: Edit[];
}

/** How it was, and whether one could show what one can do: 1 to 5, each voluntary. */
export interface SurveyAnswers {
  rating?: number;
  fairness?: number;
}

const BASE = "/api/v1/candidate";
export const EVENTS_PATH = `${BASE}/events`;

const CHUNK_TIMEOUT_MS = 60_000;

export function candidateCalls(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const get = <T>(path: string) => request<T>(`${BASE}${path}`, { headers });
  const post = (path: string, body: unknown = {}) =>
    request<View>(`${BASE}${path}`, { method: "POST", headers, body });
  const question = (id: string) => `/questions/${encodeURIComponent(id)}`;
  return {
    /** In another language than the interview's only once that is over. */
    view: (language?: Locale) => get<View>(language ? `/interview?language=${language}` : "/interview"),
    uplink: () => get<Uplink>("/uplink"),
    opened: () => post("/interview/opened"),
    locale: (locale: Locale) => post("/interview/locale", { locale }),
    /** Decides on the text that `view` shows. */
    consents: (view: View, decisions: { purpose: PurposeName; granted: boolean }[]) =>
      post("/consents", {
        text_version: view.consent_text_version,
        text_sha256: view.consent_text_sha256,
        language: view.locale,
        decisions,
      }),
    /** The consent text with what was decided, for the candidate to keep. */
    consentCopy: () => requestText(`${BASE}/consents`, { headers }),
    mode: (mode: Way) => post("/mode", { mode }),
    accommodations: (wanted: Accommodations) => post("/accommodations", wanted),
    /** What the candidate said about themselves so far. */
    identity: () => get<{ values: Record<string, string> }>("/identity"),
    identify: (values: Record<string, string>) => post("/identity", { values }),
    checks: (report: DeviceReport) => post("/checks", report),
    transport: (transport: Transport) => post("/transport", { transport }),
    openQuestion: (id: string) => post(`${question(id)}/open`),
    promptOver: (id: string) => post(`${question(id)}/prompt-over`),
    startTake: (id: string) => post(`${question(id)}/takes`),
    stopTake: (id: string) => post(`/takes/${encodeURIComponent(id)}/stop`),
    /** Camera or microphone failed, or came back. */
    deviceFault: (take: string, cause: DeviceFaultCause, isOver: boolean) =>
      post(`/takes/${encodeURIComponent(take)}/faults`, { cause, is_over: isOver }),
    /** A piece of the browser's own recording; repeating it changes nothing. */
    chunk: ({ take, n, copy, offset, until, bytes, last }: OutgoingChunk, signal: AbortSignal) =>
      request<void>(`${BASE}/takes/${encodeURIComponent(take)}/chunks/${n}`, {
        method: "PUT",
        headers: {
          ...headers,
          "content-type": copy.type,
          "viva-copy": String(copy.copy),
          "viva-copy-started": String(copy.started),
          "viva-copy-until": String(Math.round(until)),
          "upload-offset": String(offset),
          "upload-complete": last ? "?1" : "?0",
        },
        bytes,
        signal,
        timeout: CHUNK_TIMEOUT_MS,
        priority: "low",
      }),
    answer: (id: string, body: AnswerBody) => post(`${question(id)}/answer`, body),
    notes: (id: string, notes: string) =>
      request<void>(`${BASE}${question(id)}/notes`, { method: "PUT", headers, body: { notes } }),
    draft: (id: string) => get<Draft>(`${question(id)}/draft`),
    saveDraft: (id: string, draft: DraftUpdate) =>
      request<void>(`${BASE}${question(id)}/draft`, { method: "PUT", headers, body: draft }),
    demographics: () => get<OwnDemographics>("/demographics"),
    sayDemographics: (given: OwnDemographics["given"]) =>
      request<OwnDemographics>(`${BASE}/demographics`, { method: "PUT", headers, body: { given } }),
    submit: () => post("/submit"),
    human: () => post("/human"),
    ownResult: (language: Locale) => get<OwnResultData>(`/result?language=${language}`),
    correct: (correction: { question_id: string; start_ms: number; text: string }) =>
      request<void>(`${BASE}/corrections`, { method: "POST", headers, body: correction }),
    /** The page was left while the question was open, on the server's clock. */
    away: (id: string, from: number, until: number) =>
      request<void>(`${BASE}${question(id)}/away`, { method: "POST", headers, body: { from, until } }),
    comment: (comment: { question_id: string; kind: string; start_ms: number; text: string }) =>
      request<void>(`${BASE}/comments`, { method: "POST", headers, body: comment }),
    survey: (survey: SurveyAnswers) => post("/survey", survey),
    deletionCertificate: () => get<unknown>("/deletion-certificate"),
    withdraw: () => post("/withdraw"),
    erase: () => post("/erasure"),
  };
}

export type CandidateCalls = ReturnType<typeof candidateCalls>;
