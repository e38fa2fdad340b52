import type { View } from "./view";

const CHECK_SECONDS = 120;
const UNLIMITED_THINKING_SECONDS = 60;
const REVIEW_SECONDS = 30;
const WRITING_SECONDS = 240;
const PROMPT_SECONDS = 60;
const FOLLOW_UP_SECONDS = 120;

/** Minutes that the whole interview takes with one attempt per question, rounded up. */
export function minutesNeeded(view: View): number {
  const seconds = view.questions.map((question) =>
    question.kind === "video"
      ? (question.think_seconds ?? UNLIMITED_THINKING_SECONDS) +
        (question.answer_seconds ?? 120) +
        (question.has_prompt ? PROMPT_SECONDS : 0) +
        REVIEW_SECONDS
      : (question.answer_seconds ?? WRITING_SECONDS),
  );
  const further = view.follow_ups_at_most * FOLLOW_UP_SECONDS;
  return Math.ceil(seconds.reduce((sum, each) => sum + each, CHECK_SECONDS + further) / 60);
}
