import { useState } from "preact/hooks";
import { useInterview } from "../context";
import { useDraft } from "../draft";
import { CodeField } from "../parts/CodeField";
import { Notes } from "../parts/Notes";
import { QuestionText } from "../parts/QuestionText";
import { WritingClock } from "../parts/WritingClock";
import { currentQuestion, type Question } from "../view";

const LONGEST_ANSWER = 100_000;

/** Questions answered by writing, code or choice. */
export function Written() {
  const { view } = useInterview();
  const question = currentQuestion(view);
  if (question === undefined) return null;
  return <WrittenQuestion key={question.id} question={question} />;
}

function WrittenQuestion({ question }: { question: Question }) {
  const { session, view, messages, busy } = useInterview();
  const draft = useDraft(view.interview_id, question);
  const [empty, setEmpty] = useState(false);
  const text = messages.text;
  const choice = question.kind === "choice";
  const complete = choice ? draft.choice.length > 0 : draft.text.trim() !== "";

  const send = async () => {
    setEmpty(!complete);
    if (complete) await handIn();
  };
  /** An unfinished answer at the end of the time is left to the server. */
  const handIn = async () => {
    if (!complete) return;
    const body = choice ? { choice: draft.choice } : { text: draft.text };
    if (await session.act("answer", () => session.calls.answer(question.id, body))) {
      draft.handedIn();
    }
  };
  const toggle = (id: string, on: boolean) =>
    draft.choose(on ? [...draft.choice, id] : draft.choice.filter((each) => each !== id));

  return (
    <>
      <QuestionText question={question} />
      {question.deadline !== null && <WritingClock question={question} onOver={() => void handIn()} />}
      {choice ? (
        <fieldset class="plain" disabled={draft.coming}>
          <legend class="hint">{text.choose}</legend>
          <div class="choices column">
            {question.options.map((option) => (
              <label key={option.id} class="choice">
                <input
                  type="checkbox"
                  checked={draft.choice.includes(option.id)}
                  data-testid={`choice-${option.id}`}
                  onChange={(event) => toggle(option.id, event.currentTarget.checked)}
                />
                <span>{option.text}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ) : question.kind === "code" ? (
        <CodeField draft={draft} longest={LONGEST_ANSWER} />
      ) : (
        <label class="written">
          <span class="label">{text.answer}</span>
          <textarea
            rows={12}
            maxLength={LONGEST_ANSWER}
            value={draft.text}
            readOnly={draft.coming}
            placeholder={draft.coming ? messages.loading : ""}
            data-testid="answer-text"
            onInput={(event) => draft.write(event.currentTarget.value)}
          />
        </label>
      )}
      {question.kind === "video" && (
        <p class="hint">
          {text.instead}{" "}
          <button
            type="button"
            class="quiet"
            data-testid="speak-instead"
            disabled={busy !== null}
            onClick={() =>
              session.act("accommodations", () =>
                session.calls.accommodations({ ...view.accommodations, typed_answers: false }),
              )
            }
          >
            {text.speakInstead}
          </button>
        </p>
      )}
      {empty && (
        <p class="notice" role="alert">
          {choice ? text.chooseOne : text.empty}
        </p>
      )}
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="answer-send"
          disabled={busy !== null}
          onClick={() => void send()}
        >
          {text.send}
        </button>
      </div>
      {!choice && <Notes question={question} />}
    </>
  );
}
