// Sample texts and a sample report that follow the server's types.

const video = { kind: "video", think_seconds: 30, answer_seconds: 90, takes_allowed: 2 };
const written = { think_seconds: null, answer_seconds: null, takes_allowed: 1 };

export const QUESTIONS = [
  { id: "introduction", ...video },
  { id: "complaint", ...video, think_seconds: 45, answer_seconds: 120 },
  { id: "plan", kind: "text", ...written },
  { id: "days", kind: "choice", ...written },
];

export const TEXTS = {
  en: {
    view: {
      organisation: "Lakeside Care",
      contact: "Robin Lake, jobs@lakeside.example",
      title: "Customer success manager",
      introduction:
        "You will look after forty companies that use our software, and help them to get the most out of it. We would like to hear how you work.",
      candidate_name: "Alex Chen",
    },
    questions: {
      introduction: {
        text: "Tell us about a project that you are proud of. What was your part in it, and what came of it?",
        hint: "Situation, what you did, result: with numbers where you have them.",
      },
      complaint: {
        text: "A customer calls, angry: the third outage this month. What do you say, and what do you do afterwards?",
        hint: null,
      },
      plan: { text: "Write three sentences on how you would spend your first week.", hint: null },
      days: {
        text: "Which days could you work?",
        hint: null,
        options: [
          { id: "weekdays", text: "Monday to Friday" },
          { id: "saturday", text: "Saturday" },
          { id: "evening", text: "Evenings until 20:00" },
        ],
      },
    },
  },
  zh: {
    view: {
      organisation: "湖畔关怀",
      contact: "胡小姐，jobs@lakeside.example",
      title: "客户成功经理",
      introduction: "您将负责四十家使用我们软件的企业，帮助他们用好产品。我们想听听您是怎样工作的。",
      candidate_name: "陈晓",
    },
    questions: {
      introduction: {
        text: "请介绍一个您引以为豪的项目。您在其中承担什么工作，结果如何？",
        hint: "背景、您的做法、结果；有数字请说数字。",
      },
      complaint: { text: "客户来电，非常生气：这已经是本月第三次故障。您会怎么说，之后怎么做？", hint: null },
      plan: { text: "请用三句话写一写您入职第一周的安排。", hint: null },
      days: {
        text: "您哪些时间可以上班？",
        hint: null,
        options: [
          { id: "weekdays", text: "周一至周五" },
          { id: "saturday", text: "周六" },
          { id: "evening", text: "晚上至 20:00" },
        ],
      },
    },
  },
};

const SENTENCES = {
  en: [
    "Last year our support team lost about thirty customers in a quarter.",
    "I led a group of five people to find out why.",
    "First we called every customer who had left, then we sorted the reasons.",
    "Um, most of them had waited more than two days for a first answer.",
    "We built a simple triage and a weekly review.",
    "After six months the number of cancellations had fallen by thirty-five percent.",
  ],
  zh: [
    "去年我们的客服团队一个季度流失了大约三十个客户。",
    "我带领五个人去查明原因。",
    "首先我们给每一个离开的客户打电话，然后把原因归类。",
    "嗯，大多数人等第一次回复等了两天以上。",
    "我们建立了简单的分级处理和每周复盘。",
    "六个月以后，流失的客户减少了百分之三十五。",
  ],
};

const DURATION_MS = 30_000;
const span = (start_ms, end_ms) => ({ start_ms, end_ms });

export function sampleReport(locale) {
  const lines = SENTENCES[locale];
  const segments = lines.map((text, index) => ({
    ...span(900 + index * 4800, 900 + index * 4800 + 4200),
    text,
    confidence: index === 3 ? 0.42 : 0.91,
  }));
  const quote = (index) => ({
    ...span(segments[index].start_ms, segments[index].end_ms),
    quote: segments[index].text,
  });
  const transcript = { text: lines.join(" "), language: locale, mean_confidence: 0.86, segments };
  const scores = [
    { criterion: "leads_people", dimension: "fit", points: 20, max_points: 20, evidence: [quote(1)] },
    {
      criterion: "result_in_numbers",
      dimension: "logic",
      points: 20,
      max_points: 20,
      evidence: [quote(5), quote(0)],
    },
    {
      criterion: "ordered_story",
      dimension: "logic",
      points: 13.33,
      max_points: 20,
      evidence: [quote(0), quote(2)],
      absence: "not heard: result",
    },
    { criterion: "speech_rate", dimension: "expression", points: 10, max_points: 10, evidence: [quote(0)] },
    {
      criterion: "camera_facing",
      dimension: "expression",
      points: 8.2,
      max_points: 10,
      evidence: [{ ...span(2000, 21_000), quote: "facing the camera 82 % of the time" }],
      absence: "82 % of the time",
      from_face: true,
    },
    {
      criterion: "names_product",
      dimension: "fit",
      points: 0,
      max_points: 10,
      evidence: [],
      absence: "needs 1 of: onboarding, renewal, churn",
    },
  ];
  const speech = {
    speech_ms: 25_200,
    first_word_ms: 900,
    words_per_minute: locale === "en" ? 148 : null,
    characters_per_minute: locale === "zh" ? 236 : null,
    rate: {
      unit: locale === "en" ? "words" : "characters",
      speech: locale === "en" ? 128 : 204,
      articulation: locale === "en" ? 148 : 236,
    },
    pause_totals: { count: 5, longest_ms: 600, share: 0.11 },
    restarts: [],
    loudness_deviation_db: 2.4,
    sound: { clipped_share: 0, clipped: [], noise_dbfs: -58.2, signal_to_noise_db: 33.9 },
    pauses: [1, 2, 3, 4, 5].map((index) => span(300 + index * 4800, 900 + index * 4800)),
    fillers: [{ ...span(15_300, 15_800), text: locale === "zh" ? "嗯" : "um" }],
    loudness_dbfs: { median: -24.3, range: 11.2 },
    pitch_hz: { median: 182, range: 74 },
  };
  const face = {
    sampled_fps: 5,
    in_frame_share: 0.99,
    faces_max: 1,
    not_assessed: [
      { ...span(6000, 7600), reason: "dark" },
      { ...span(21_400, 22_600), reason: "occluded" },
    ],
    looking_away: [span(9200, 10_800), span(22_800, 23_400)],
    smile: {
      count: 2,
      share: 0.31,
      share_range: [0.27, 0.36],
      spans: [span(500, 4200), span(24_000, 29_500)],
    },
    camera_facing: {
      share: 0.82,
      share_range: [0.71, 0.88],
      spans: [span(0, 9000), span(11_000, 21_000), span(23_500, 30_000)],
    },
    blinks: { count: 9 },
    quality: { face_height_share: 0.42, light: 131, sharpness: 84 },
  };
  const language = { words: 62, keywords: [], numbers: [], structure: [], relevance: 0.44 };
  const reason = "no speech was found";
  return {
    schema_version: "1.0",
    interview_id: "0193507e-7e2c-7b1e-a0c4-6f1f5f0a9b11",
    external_id: "REQ-2041",
    position: {
      id: "0193507e-0000-7000-8000-000000000001",
      external_id: "csm",
      title: TEXTS[locale].view.title,
    },
    candidate: { ref: "C-17", name: TEXTS[locale].view.candidate_name },
    locale,
    profile: "cn",
    ai_mode: "ai_and_human",
    status: "partial",
    sequence: 21,
    overall: {
      score: 76.4,
      max_score: 100,
      match_percent: 76.4,
      queue: "ready_for_human_interview",
      score_without_face: 75.1,
      assessed_share: 0.89,
    },
    dimensions: [
      { name: "expression", score: 9.1, max: 10, weight: 30 },
      { name: "logic", score: 8.3, max: 10, weight: 40 },
      { name: "fit", score: 6.7, max: 10, weight: 30 },
    ],
    answers: [
      {
        question_id: "introduction",
        question: TEXTS[locale].questions.introduction.text,
        kind: "video",
        take: 2,
        take_id: "0193507e-0000-7000-8000-0000000000a1",
        duration_ms: DURATION_MS,
        recording_url: "/dev/media.webm",
        transcript,
        scores,
        cues: { speech, face, language },
      },
      {
        question_id: "complaint",
        question: TEXTS[locale].questions.complaint.text,
        kind: "video",
        take: 1,
        take_id: "0193507e-0000-7000-8000-0000000000a2",
        duration_ms: DURATION_MS,
        recording_url: "/dev/media.webm",
        transcript: { not_assessed: reason },
        scores: [
          {
            criterion: "apologises",
            dimension: "fit",
            points: 0,
            max_points: 10,
            evidence: [],
            not_assessed: reason,
          },
        ],
        cues: { speech: { not_assessed: reason }, face, language: { not_assessed: reason } },
      },
    ],
    strengths: [
      {
        question_id: "introduction",
        criterion: "leads_people",
        dimension: "fit",
        points: 20,
        max_points: 20,
        quote: lines[1],
      },
      {
        question_id: "introduction",
        criterion: "result_in_numbers",
        dimension: "logic",
        points: 20,
        max_points: 20,
        quote: lines[5],
      },
    ],
    concerns: [
      {
        question_id: "introduction",
        criterion: "names_product",
        dimension: "fit",
        points: 0,
        max_points: 10,
      },
    ],
    not_assessed: [
      { question_id: "complaint", what: "speech", reason },
      { question_id: "complaint", what: "apologises", reason },
    ],
    models: [
      {
        name: "whisper-small-q8_0",
        version: "1.8.3",
        sha256: "49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f",
        license: "MIT",
      },
      {
        name: "silero-vad",
        version: "6.2.3",
        sha256: "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
        license: "MIT",
      },
      {
        name: "mediapipe-face-landmarks",
        version: "0.10.21",
        sha256: "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        license: "Apache-2.0",
      },
    ],
    rubric_version: "9f2c1d7a55b0e4a6c8d11f0f8a7b2c3d4e5f60718293a4b5c6d7e8f901234567",
    human_review: { required: true, by: null, at: null },
    integrity_flags: [],
    corrections: [
      {
        question_id: "introduction",
        start_ms: segments[1].start_ms,
        was: locale === "zh" ? "我带领五个人去查原因。" : "I let a group of five people to find out why.",
        text: segments[1].text,
        by: "candidate",
        at: "2026-11-21T10:20:00.000Z",
      },
    ],
    revision: {
      number: 1,
      difference: {
        score: { before: 58.2, after: 76.4 },
        queue: { before: "needs_a_person", after: "ready_for_human_interview" },
        dimensions: [{ name: "fit", before: 0, after: 6.7 }],
        criteria: [
          {
            question_id: "introduction",
            criterion: "leads_people",
            before: { points: 0, max_points: 20 },
            after: { points: 20, max_points: 20 },
          },
        ],
      },
    },
    result_url: "/r/demo",
    delete_after: "2027-05-20T10:00:00.000Z",
  };
}

export function sampleTimelines() {
  const step_ms = 200;
  const steps = Array.from({ length: DURATION_MS / step_ms }, (_, index) => index * step_ms);
  const dark = (ms) => (ms >= 6000 && ms < 7600) || (ms >= 21_400 && ms < 22_600);
  const speaking = (ms) => ms > 900 && (ms - 900) % 4800 < 4200;
  return {
    step_ms,
    loudness_dbfs: steps.map((ms) =>
      speaking(ms) ? -24 + 5 * Math.sin(ms / 700) + 2 * Math.sin(ms / 170) : -58,
    ),
    speech_rate: steps.map((ms) => (ms < 2000 ? null : 150 + 28 * Math.sin(ms / 3100))),
    smile: steps.map((ms) => {
      if (dark(ms)) return null;
      return ms < 5000 ? 0.8 : ms > 23_500 ? 0.9 : 0.08 + 0.05 * Math.sin(ms / 900);
    }),
    camera_facing: steps.map((ms) => {
      if (dark(ms)) return null;
      return (ms > 9000 && ms < 11_000) || (ms > 21_000 && ms < 23_500) ? 0 : 1;
    }),
  };
}

export function sampleInbox() {
  const at = Date.UTC(2026, 10, 21, 10, 0, 0);
  const types = [
    "interview.invited",
    "interview.started",
    "interview.answer_recorded",
    "interview.submitted",
    "report.ready",
  ];
  return types.map((type, index) => ({
    received_at: at + index * 60_000,
    webhook_id: `msg_0193507e7e2c7b1ea0c46f1f5f0a9b${10 + index}`,
    type,
    verified: index !== 1,
    body: {
      type,
      timestamp: new Date(at + index * 60_000).toISOString(),
      data: {
        interview_id: "0193507e-7e2c-7b1e-a0c4-6f1f5f0a9b11",
        sequence: index + 1,
        ...(type === "report.ready"
          ? { overall: { score: 76.4 }, result_url: "/r/demo-en?access=demo" }
          : {}),
      },
    },
  }));
}
