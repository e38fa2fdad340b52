import { useState } from "preact/hooks";
import { useInterview } from "../context";
import { Notes } from "../parts/Notes";
import { QuestionText } from "../parts/QuestionText";
import { currentQuestion } from "../view";

const LONGEST_ANSWER = 100_000;

/** Questions answered by writing, code or choice. */
export function Written() {
  const { session, view, messages, busy } = useInterview();
  const question = currentQuestion(view);
  // A reload keeps what was written; it ends with the browser tab.
  const draftKey = `viva-draft-${view.interview_id}-${question?.id}`;
  const [written, setWritten] = useState(() => sessionStorage.getItem(draftKey) ?? "");
  const [chosen, setChosen] = useState<string[]>([]);
  const [empty, setEmpty] = useState(false);
  if (question === undefined) return null;
  const text = messages.text;
  const choice = question.kind === "choice";
  const complete = choice ? chosen.length > 0 : written.trim() !== "";

  const send = async () => {
    setEmpty(!complete);
    if (!complete) return;
    const body = choice ? { choice: chosen } : { text: written };
    if (await session.act("answer", () => session.calls.answer(question.id, body))) {
      sessionStorage.removeItem(draftKey);
    }
  };
  const toggle = (id: string, on: boolean) =>
    setChosen((before) => (on ? [...before, id] : before.filter((each) => each !== id)));

  return (
    <>
      <QuestionText question={question} />
      {choice ? (
        <fieldset class="plain">
          <legend class="hint">{text.choose}</legend>
          <div class="choices column">
            {question.options.map((option) => (
              <label key={option.id} class="choice">
                <input
                  type="checkbox"
                  checked={chosen.includes(option.id)}
                  data-testid={`choice-${option.id}`}
                  onChange={(event) => toggle(option.id, event.currentTarget.checked)}
                />
                <span>{option.text}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ) : (
        <label class="written">
          <span class="label">{question.kind === "code" ? text.code : text.answer}</span>
          <textarea
            class={question.kind === "code" ? "code" : ""}
            rows={12}
            maxLength={LONGEST_ANSWER}
            spellcheck={question.kind !== "code"}
            value={written}
            data-testid="answer-text"
            onInput={(event) => {
              setWritten(event.currentTarget.value);
              sessionStorage.setItem(draftKey, event.currentTarget.value);
            }}
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
