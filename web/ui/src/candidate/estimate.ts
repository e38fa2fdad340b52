import type { View } from "./view";

const CHECK_SECONDS = 120;
const UNLIMITED_THINKING_SECONDS = 60;
const REVIEW_SECONDS = 30;
const WRITING_SECONDS = 240;

/** Minutes that the whole interview takes with one attempt per question, rounded up. */
export function minutesNeeded(view: View): number {
  const seconds = view.questions.map((question) =>
    question.kind === "video"
      ? (question.think_seconds ?? UNLIMITED_THINKING_SECONDS) +
        (question.answer_seconds ?? 120) +
        REVIEW_SECONDS
      : (question.answer_seconds ?? WRITING_SECONDS),
  );
  return Math.ceil(seconds.reduce((sum, each) => sum + each, CHECK_SECONDS) / 60);
}
