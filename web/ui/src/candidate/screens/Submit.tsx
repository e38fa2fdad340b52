import { useEffect, useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { lengthOf } from "../../capture/copy/plan";
import { sizeText } from "../../capture/size";
import { type Addition, GAP_MS } from "../addition";
import { useInterview } from "../context";
import type { Question } from "../view";

/** A candidate who waited this long for lost seconds may send without them. */
const PATIENCE_MS = 30_000;

/** The last look. Seconds that are still being added are waited for, but nobody is held here. */
export function Submit() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.submit;
  const additions = useAdditions();
  const waiting = additions.filter((addition) => addition.phase !== "lost");
  const title = waiting.length > 0 ? text.almost : additions.length > 0 ? text.incomplete : text.title;
  const patience = usePatience(waiting.length > 0);
  const failing = waiting.some((addition) => addition.phase === "adding" && addition.failing);
  const unsafe = waiting.reduce((sum, addition) => sum + ("ms" in addition ? addition.ms : 0), 0);
  const send = () => void session.act("submit", session.calls.submit);
  return (
    <>
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{text.lead}</p>
      <ol class="answers">
        {view.questions.map((question) => (
          <li key={question.id}>
            <p class="answer-question">{question.text ?? question.id}</p>
            <AnswerSummary question={question} />
          </li>
        ))}
      </ol>
      {waiting.length > 0 && (
        <p class="hint" role="status" data-testid="submit-waits">
          {unsafe === 0
            ? messages.review.checking
            : failing || patience
              ? text.waitsLong(Math.max(1, Math.round(unsafe / 1000)))
              : text.waits}
        </p>
      )}
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="submit"
          disabled={busy !== null || waiting.length > 0}
          onClick={send}
        >
          {text.send}
        </button>
        {waiting.length > 0 && (failing || patience) && (
          <button
            type="button"
            class="secondary"
            data-testid="submit-anyway"
            disabled={busy !== null}
            onClick={send}
          >
            {text.sendAnyway}
          </button>
        )}
      </div>
    </>
  );
}

/** What is said about lost seconds of the answers that will be sent. */
function useAdditions(): Addition[] {
  const { session, view } = useInterview();
  const additions = session.copies.additions.value;
  return view.questions
    .flatMap((question) => question.takes)
    .filter((take) => take.state === "chosen")
    .flatMap((take) => additions.get(take.id) ?? []);
}

/** Whether the candidate has waited long enough. */
function usePatience(waiting: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    setOver(false);
    if (!waiting) return;
    const timer = setTimeout(() => setOver(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  return over;
}

function AnswerSummary({ question }: { question: Question }) {
  const { messages, view } = useInterview();
  const text = messages.submit;
  const review = messages.review;
  const noPicture = view.accommodations.audio_only ? messages.check.cameraOff : review.pictureNo;
  const take = question.takes.find((each) => each.state === "chosen");
  const recording = take?.recording;
  if (!recording) return <p class="hint">{`${text[question.kind]} · ${text.given}`}</p>;
  const lost = lengthOf(take?.missing ?? []);
  const parts = [
    text.video,
    clockText(recording.duration_ms),
    `${review.picture}: ${recording.has_video ? "✓" : noPicture}`,
    `${review.sound}: ${recording.sound_detected ? "✓" : recording.has_audio ? review.soundQuiet : review.soundNo}`,
    sizeText(recording.bytes),
    ...(lost < GAP_MS ? [] : [review.gap((lost / 1000).toFixed(1))]),
  ];
  return <p class="hint">{parts.join(" · ")}</p>;
}
