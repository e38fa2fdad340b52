/** A view for tests: two video questions, nothing answered. */

import type { Question, Take, View } from "./view";

export function sampleTake(over: Partial<Take> = {}): Take {
  return {
    id: "t1",
    number: 1,
    state: "thinking",
    think_deadline: null,
    started_at: null,
    answer_deadline: null,
    stopped_at: null,
    stop_reason: null,
    is_spoilt: false,
    saved_up_to_ms: null,
    recording: null,
    media_url: null,
    missing: null,
    ...over,
  };
}

export function sampleQuestion(over: Partial<Question> = {}): Question {
  return {
    id: "q1",
    kind: "video",
    follows: null,
    has_prompt: false,
    prompt: null,
    text: null,
    hint: null,
    think_seconds: 30,
    answer_seconds: 60,
    takes_allowed: 2,
    takes_left: 2,
    status: "upcoming",
    opened_at: null,
    deadline: null,
    think_limit: "hard",
    notes: "",
    options: [],
    takes: [],
    stored: null,
    ...over,
  };
}

export function sampleView(over: Partial<View> = {}): View {
  return {
    interview_id: "i1",
    state: "invited",
    server_time: 1_000_000,
    locale: "en",
    languages: ["en", "zh"],
    profile: "strict",
    expires_at: 9_000_000,
    organisation: null,
    title: "Position",
    introduction: null,
    contact: null,
    candidate_name: null,
    ai_mode: "ai_and_human",
    accommodations: {
      time_factor: 1,
      untimed: false,
      extra_takes: 0,
      audio_only: false,
      typed_answers: false,
    },
    purposes: [
      { purpose: "recording", required: true, granted: null, title: "Record", does: "Yes", does_not: "No" },
    ],
    consent_text_version: "2026-11",
    consent_text_sha256: "00",
    human_requested: false,
    retention_days: 180,
    identity: [],
    identified: false,
    follow_up_until: null,
    follow_ups_at_most: 0,
    connected: false,
    transport: "media",
    questions: [sampleQuestion(), sampleQuestion({ id: "q2" })],
    ingest: {
      whip_url: "/whip",
      ice_servers: [],
      start_bitrate_kbps: 1500,
      max_bitrate_kbps: 2500,
      width: 1280,
      height: 720,
    },
    survey_done: false,
    observes: false,
    demographics_asked: false,
    data_url: null,
    ...over,
  };
}
