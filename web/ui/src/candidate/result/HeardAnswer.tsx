import { useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { useInterview } from "../context";
import type { ResultMessages } from "./messages";
import { ReplyForm } from "./ReplyForm";
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
  const [said, setSaid] = useState("");

  const send = async (start_ms: number, words: string) => {
    try {
      await session.calls.correct({ question_id: answer.question_id, start_ms, text: words });
      setSegments(segments.map((each) => (each.start_ms === start_ms ? { ...each, text: words } : each)));
      setOpen(null);
      setSaid(text.corrected);
    } catch {
      setSaid(text.failed);
    }
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
              <ReplyForm
                label={text.correction}
                send={text.send}
                cancel={text.cancel}
                longest={LONGEST}
                text={segment.text}
                onSend={(words) => send(segment.start_ms, words)}
                onCancel={() => setOpen(null)}
                testid="correction"
              />
            ) : (
              <button
                type="button"
                class="quiet inline"
                data-testid={`correct-${index}`}
                onClick={() => {
                  setOpen(segment.start_ms);
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
