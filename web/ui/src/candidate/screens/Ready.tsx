import { type Fact, FactList } from "../../FactList";
import { useInterview } from "../context";
import { currentQuestion } from "../view";

/** Between two questions: no clock runs, and the next one starts only when the candidate opens the question. */
export function Ready() {
  const { session, view, messages, busy } = useInterview();
  const question = currentQuestion(view);
  if (question === undefined) return null;
  const text = messages.question;
  const first = view.questions[0]?.id === question.id;
  const video = question.kind === "video" && !view.accommodations.typed_answers;
  const connected = !video || session.canRecord.value;
  const followed = view.questions.findIndex((each) => each.id === question.follows);
  const { untimed, time_factor } = view.accommodations;
  const timed = question.kind !== "video" && question.answer_seconds !== null;
  const duration = (limit: number | null) => {
    if (limit === null || untimed) return text.asLong;
    const seconds = Math.round(limit * time_factor);
    if (seconds < 60) return messages.seconds(seconds);
    const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
    return rest === 0 ? messages.minutes(minutes) : `${messages.minutes(minutes)} ${messages.seconds(rest)}`;
  };
  const limits: Fact[] = video
    ? [
        [text.thinkTime, duration(question.think_seconds)],
        [text.answerTime, duration(question.answer_seconds)],
        [text.takes, String(question.takes_allowed)],
      ]
    : timed
      ? [[text.answerTime, duration(question.answer_seconds)]]
      : [];
  const kind =
    video && view.accommodations.audio_only
      ? messages.check.voiceAlone
      : text.kinds[question.kind === "video" && !video ? "text" : question.kind];
  const facts: Fact[] = [[text.howToAnswer, kind], ...limits];
  return (
    <>
      <p class="eyebrow">{text.of(view.questions.indexOf(question) + 1, view.questions.length)}</p>
      <h1 tabIndex={-1}>{first ? text.readyFirst : text.ready}</h1>
      {followed >= 0 && <p class="tag">{text.follows(followed + 1)}</p>}
      <p class="lead">{text.readyText}</p>
      <FactList facts={facts} />
      {question.has_prompt && <p class="hint">{text.promptFirst}</p>}
      {(video || timed) && <p class="hint">{text.readyClock}</p>}
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="question-open"
          disabled={busy !== null || !connected}
          onClick={() => session.act("open", () => session.calls.openQuestion(question.id))}
        >
          {connected ? text.open : text.connecting}
        </button>
        {!first && (
          <button
            type="button"
            class="secondary"
            data-testid="rest"
            onClick={() => {
              session.page.value = { ...session.page.value, resting: true };
            }}
          >
            {text.rest}
          </button>
        )}
        {first && video && (
          <button
            type="button"
            class="secondary"
            data-testid="practise"
            onClick={() => {
              session.page.value = { ...session.page.value, practising: true };
            }}
          >
            {messages.practice.offer}
          </button>
        )}
      </div>
    </>
  );
}
