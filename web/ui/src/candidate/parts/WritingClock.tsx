import { useEffect, useRef } from "preact/hooks";
import { useInterview, useServerTime } from "../context";
import type { Question } from "../view";
import { Countdown } from "./Countdown";

const SOON_MS = 30_000;

/** The time that is left to write; at its end what is written is handed in. */
export function WritingClock({ question, onOver }: { question: Question; onOver: () => void }) {
  const { messages } = useInterview();
  const text = messages.text;
  const left = (question.deadline ?? 0) - useServerTime();
  const total = (question.deadline ?? 0) - (question.opened_at ?? 0);
  const told = useRef(false);
  useEffect(() => {
    if (left > 0 || told.current) return;
    told.current = true;
    onOver();
  }, [left]);
  if (left <= 0) {
    return (
      <p class="notice" role="status" data-testid="time-up">
        {text.timeUp}
      </p>
    );
  }
  return (
    <div class="writing-clock">
      <Countdown deadline={question.deadline ?? 0} audible />
      <span class="clock-label">{messages.question.left}</span>
      <progress
        class={`time-bar ${left <= SOON_MS ? "soon" : ""}`}
        max={total}
        value={total - left}
        aria-hidden="true"
      />
      <p class="hint">{text.timeNote}</p>
    </div>
  );
}
