import { useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { useInterview } from "../context";
import type { ResultMessages } from "./messages";
import type { OwnAnswer } from "./types";

/** As the server takes it. */
const LONGEST = 2_000;

interface HeardAnswerProps {
  answer: OwnAnswer;
  text: ResultMessages;
}

/** What was understood of one answer, sentence by sentence, each open to correction. */
export function HeardAnswer({ answer, text }: HeardAnswerProps) {
  const { session } = useInterview();
  const [segments, setSegments] = useState(answer.segments);
  const [open, setOpen] = useState<number | null>(null);
  const [draft, setDraft] = useState("");
  const [sending, setSending] = useState(false);
  const [said, setSaid] = useState("");

  const send = async (start_ms: number) => {
    setSending(true);
    try {
      await session.calls.correct({ question_id: answer.question_id, start_ms, text: draft });
      setSegments(segments.map((each) => (each.start_ms === start_ms ? { ...each, text: draft } : each)));
      setOpen(null);
      setSaid(text.corrected);
    } catch {
      setSaid(text.failed);
    }
    setSending(false);
  };

  return (
    <details data-testid={`heard-${answer.question_id}`}>
      <summary>{answer.question}</summary>
      <ol class="answers" lang={answer.language ?? undefined}>
        {segments.map((segment, index) => (
          <li key={segment.start_ms}>
            <p>
              <span class="hint">{clockText(segment.start_ms)}</span> {segment.text}
            </p>
            {open === segment.start_ms ? (
              <form
                onSubmit={(event) => {
                  event.preventDefault();
                  void send(segment.start_ms);
                }}
              >
                <label>
                  {text.correction}
                  <textarea
                    rows={3}
                    maxLength={LONGEST}
                    value={draft}
                    data-testid="correction-text"
                    onInput={(event) => setDraft(event.currentTarget.value)}
                  />
                </label>
                <button
                  type="submit"
                  class="primary"
                  disabled={sending || draft.trim() === ""}
                  data-testid="correction-send"
                >
                  {text.send}
                </button>{" "}
                <button type="button" class="quiet" onClick={() => setOpen(null)}>
                  {text.cancel}
                </button>
              </form>
            ) : (
              <button
                type="button"
                class="quiet inline"
                data-testid={`correct-${index}`}
                onClick={() => {
                  setOpen(segment.start_ms);
                  setDraft(segment.text);
                  setSaid("");
                }}
              >
                {text.correct}
                <span class="visually-hidden"> {clockText(segment.start_ms)}</span>
              </button>
            )}
          </li>
        ))}
      </ol>
      <p role="status">{said}</p>
    </details>
  );
}
