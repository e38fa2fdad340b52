// The mock's interview: enough of the real state machine for every screen to be reached.

import { randomUUID } from "node:crypto";
import { QUESTIONS, TEXTS } from "./sample.mjs";

const FINALISING_MS = 900;

export class MockInterview {
  constructor(token) {
    this.id = randomUUID();
    this.locale = token.endsWith("-zh") ? "zh" : "en";
    this.state = "invited";
    this.mode = "ai_and_human";
    this.connected = false;
    this.survey = false;
    this.accommodations = {
      time_factor: 1,
      untimed: false,
      extra_takes: 0,
      audio_only: false,
      typed_answers: false,
    };
    this.humanRequested = false;
    this.consents = {};
    this.answers = QUESTIONS.map((question) => ({
      question,
      opened_at: null,
      takes: [],
      submitted: false,
      notes: "",
    }));
    this.connection = null;
    this.outages = new Map();
    this.chunks = new Map();
    setInterval(() => this.tick(), 250).unref();
  }

  join(connection) {
    this.connection?.send(JSON.stringify({ type: "replaced" }));
    this.connection = connection;
    connection.onclose = () => {
      if (this.connection === connection) this.connection = null;
    };
    this.push();
  }

  push() {
    this.connection?.send(JSON.stringify({ type: "view", view: this.view() }));
  }

  setConnected(connected) {
    this.connected = connected;
    const take = this.openTake();
    if (take?.state === "recording" && !connected) {
      take.state = "interrupted";
      this.lose(take);
    } else if (take?.state === "interrupted" && connected) {
      take.state = "recording";
      this.regain(take);
    }
    this.push();
  }

  uplink() {
    const packets = this.connected ? 50 : 0;
    return {
      connected: this.connected,
      audio: { packets, bytes: packets * 90, last_ms: 12 },
      video: { packets: packets * 3, bytes: packets * 3000, last_ms: 9 },
      kbps: this.connected ? 1480 : 0,
      lost: 0,
    };
  }

  notes(questionId, notes) {
    this.answer(questionId).notes = notes;
  }

  act(route, body) {
    const [area, id, verb] = route.split("/");
    const acts = {
      "interview/opened": () => this.reach("invited", "opened"),
      "interview/locale": () => (this.locale = body.locale),
      consents: () => this.consent(body.decisions),
      mode: () => {
        if (body.mode === "human_interview") this.humanRequested = true;
        else this.mode = body.mode;
      },
      accommodations: () => (this.accommodations = body),
      checks: () => this.reach("consented", "checked"),
      submit: () => (this.state = "submitted"),
      survey: () => (this.survey = true),
      withdraw: () => (this.state = "withdrawn"),
      erasure: () => (this.state = "erased"),
    };
    if (acts[route]) acts[route]();
    else if (area === "questions" && verb === "open") this.open(id);
    else if (area === "questions" && verb === "takes") this.start(id);
    else if (area === "questions" && verb === "answer") this.submit(id, body);
    else if (area === "takes" && verb === "stop") this.stop("candidate");
    else refuse(404, "not_found");
    this.push();
  }

  reach(from, to) {
    if (this.state === from) this.state = to;
  }

  consent(decisions) {
    for (const { purpose, granted } of decisions) this.consents[purpose] = granted;
    if (!this.consents.analysis) this.mode = "human_only";
    this.state = "consented";
  }

  open(id) {
    const answer = this.answer(id);
    this.state = "in_progress";
    if (answer.opened_at !== null) return;
    answer.opened_at = Date.now();
    if (answer.question.kind !== "video") return;
    const seconds = answer.question.think_seconds;
    answer.takes.push(newTake(1, seconds === null ? null : Date.now() + seconds * 1000));
  }

  start(id) {
    if (!this.connected) refuse(503, "media_not_connected");
    const answer = this.answer(id);
    let take = answer.takes.find((each) => each.state === "thinking");
    if (take === undefined) {
      if (answer.takes.length >= answer.question.takes_allowed) refuse(429, "takes_used_up");
      take = newTake(answer.takes.length + 1, null);
      answer.takes.push(take);
    }
    take.state = "recording";
    take.started_at = Date.now();
    take.answer_deadline =
      Date.now() + answer.question.answer_seconds * 1000 * this.accommodations.time_factor;
  }

  stop(reason) {
    const take = this.openTake();
    if (!take) return;
    this.regain(take);
    Object.assign(take, { state: "recorded", stopped_at: Date.now(), stop_reason: reason });
    this.finalise(take, this.outages.get(take.id) ?? []);
  }

  lose(take) {
    const outages = this.outages.get(take.id) ?? [];
    this.outages.set(take.id, [...outages, { start_ms: Date.now() - take.started_at, end_ms: null }]);
  }

  regain(take) {
    const last = this.outages.get(take.id)?.at(-1);
    if (last !== undefined) last.end_ms ??= Date.now() - take.started_at;
  }

  finalise(take, missing) {
    take.missing = null;
    setTimeout(() => {
      take.recording = recordingOf(take.stopped_at - take.started_at, missing);
      take.media_url = "/dev/media.webm";
      take.missing = missing;
      this.push();
    }, FINALISING_MS);
  }

  /** A piece of the browser's own recording. What it fills is believed as soon as the last one is there. */
  chunk(takeId, n, headers, bytes) {
    const take = this.answers.flatMap((a) => a.takes).find((t) => t.id === takeId);
    if (take === undefined) refuse(404, "take_unknown");
    if (this.openTake()?.id === takeId) refuse(409, "take_open");
    const place = {
      n,
      copy: Number(headers["viva-copy"]),
      offset: Number(headers["upload-offset"]),
      started: Number(headers["viva-copy-started"]),
      type: headers["content-type"],
      last: headers["upload-complete"] === "?1",
      bytes,
    };
    const chunks = this.chunks.get(takeId) ?? new Map();
    if (chunks.has(n) && !chunks.get(n).bytes.equals(bytes)) refuse(409, "chunk_conflict");
    this.chunks.set(takeId, chunks.set(n, place));
    if (!place.last) return;
    this.finalise(take, []);
    this.push();
  }

  submit(id, body) {
    const answer = this.answer(id);
    answer.submitted = true;
    for (const take of answer.takes) take.state = take.id === body.take_id ? "chosen" : "discarded";
  }

  tick() {
    const now = Date.now();
    const thinking = this.answers
      .flatMap((a) => a.takes.map((t) => [a, t]))
      .find(([, t]) => t.state === "thinking");
    if (
      thinking &&
      thinking[1].think_deadline !== null &&
      thinking[1].think_deadline <= now &&
      this.connected
    ) {
      this.start(thinking[0].question.id);
      this.push();
    }
    const take = this.openTake();
    if (!take) return;
    if (take.answer_deadline <= now) {
      this.stop("deadline");
      return this.push();
    }
    if (take.state !== "recording") return;
    take.saved_up_to_ms = Math.max(0, now - take.started_at - 400);
    this.connection?.send(
      JSON.stringify({ type: "saved", take_id: take.id, saved_up_to_ms: take.saved_up_to_ms }),
    );
  }

  openTake() {
    return this.answers
      .flatMap((a) => a.takes)
      .find((t) => t.state === "recording" || t.state === "interrupted");
  }

  answer(id) {
    return this.answers.find((a) => a.question.id === id) ?? refuse(404, "question_unknown");
  }

  view() {
    const texts = TEXTS[this.locale];
    const current = this.answers.find((a) => !a.submitted);
    return {
      interview_id: this.id,
      state: this.state,
      server_time: Date.now(),
      locale: this.locale,
      languages: ["en", "zh"],
      profile: "cn",
      expires_at: Date.now() + 9 * 24 * 3600 * 1000,
      ...texts.view,
      ai_mode: this.mode,
      accommodations: this.accommodations,
      purposes: ["recording", "analysis", "face_cues", "expression"].map((purpose) => ({
        purpose,
        required: purpose === "recording",
        granted: this.consents[purpose] ?? null,
        title: `Title of ${purpose}`,
        does: "What happens after a yes.",
        does_not: "What does not happen.",
      })),
      consent_text_version: "2026-11",
      consent_text_sha256: "00",
      human_requested: this.humanRequested,
      retention_days: 180,
      identity: [],
      identified: false,
      follow_up_until: null,
      follow_ups_at_most: 0,
      connected: this.connected,
      transport: "media",
      questions: this.answers.map((answer) => ({
        ...answer.question,
        follows: null,
        has_prompt: false,
        prompt: null,
        text: answer.opened_at === null ? null : texts.questions[answer.question.id].text,
        hint: texts.questions[answer.question.id].hint,
        options: texts.questions[answer.question.id].options ?? [],
        status: answer.submitted ? "answered" : answer === current ? "current" : "upcoming",
        opened_at: answer.opened_at,
        notes: answer.notes,
        takes_left: Math.max(0, answer.question.takes_allowed - answer.takes.length),
        takes: answer.takes,
        stored: null,
        deadline: null,
        think_limit: "hard",
      })),
      ingest: {
        whip_url: "/whip",
        ice_servers: [],
        start_bitrate_kbps: 1500,
        max_bitrate_kbps: 2500,
        width: 1280,
        height: 720,
      },
      survey_done: this.survey,
      demographics_asked: false,
      data_url: null,
    };
  }
}

function newTake(number, thinkDeadline) {
  return {
    id: randomUUID(),
    number,
    state: "thinking",
    think_deadline: thinkDeadline,
    started_at: null,
    answer_deadline: null,
    stopped_at: null,
    stop_reason: null,
    is_spoilt: false,
    saved_up_to_ms: null,
    recording: null,
    media_url: null,
    missing: null,
  };
}

function recordingOf(duration, missing) {
  const gap = missing.reduce((sum, { start_ms, end_ms }) => sum + end_ms - start_ms, 0);
  return {
    duration_ms: duration,
    bytes: Math.round((duration - gap) * 190),
    sha256: randomUUID(),
    has_video: true,
    has_audio: true,
    sound_detected: true,
    width: 1280,
    height: 720,
    video_gap_ms: gap,
    audio_gap_ms: gap,
  };
}

function refuse(status, code) {
  throw Object.assign(new Error(code), { status, code });
}
