import { clockText } from "../../capture/clock";
import { useInterview } from "../context";
import type { Question } from "../view";

export function Submit() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.submit;
  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <ol class="answers">
        {view.questions.map((question) => (
          <li key={question.id}>
            <p class="answer-question">{question.text ?? question.id}</p>
            <AnswerSummary question={question} />
          </li>
        ))}
      </ol>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="submit"
          disabled={busy !== null}
          onClick={() => session.act("submit", session.calls.submit)}
        >
          {text.send}
        </button>
      </div>
    </>
  );
}

function AnswerSummary({ question }: { question: Question }) {
  const { messages } = useInterview();
  const text = messages.submit;
  const review = messages.review;
  const recording = question.takes.find((take) => take.state === "chosen")?.recording;
  if (!recording) return <p class="hint">{`${text[question.kind]} · ${text.given}`}</p>;
  const parts = [
    text.video,
    clockText(recording.duration_ms),
    `${review.picture}: ${recording.has_video ? "✓" : review.pictureNo}`,
    `${review.sound}: ${recording.sound_detected ? "✓" : recording.has_audio ? review.soundQuiet : review.soundNo}`,
    `${(recording.bytes / 1_000_000).toFixed(1)} MB`,
  ];
  return <p class="hint">{parts.join(" · ")}</p>;
}
