import { useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { useInterview } from "../context";
import type { ResultMessages } from "./messages";
import { ReplyForm } from "./ReplyForm";
import type { OwnObservation } from "./types";

const LONGEST = 2_000;

interface NoticedProps {
  noticed: OwnObservation[];
  /** The questions' texts by their names. */
  questions: Map<string, string>;
  text: ResultMessages;
}

/** What was noted for people to look at, each open to the candidate's comment. */
export function Noticed({ noticed, questions, text }: NoticedProps) {
  const { session } = useInterview();
  const [shown, setShown] = useState(noticed);
  const [open, setOpen] = useState<number | null>(null);
  const [said, setSaid] = useState("");

  const send = async (index: number, words: string) => {
    const one = shown[index];
    if (one === undefined) return;
    try {
      const { question_id, kind, start_ms } = one;
      await session.calls.comment({ question_id, kind, start_ms, text: words });
      setShown(shown.map((each, at) => (at === index ? { ...each, comment: words } : each)));
      setOpen(null);
      setSaid(text.commented);
    } catch {
      setSaid(text.failed);
    }
  };

  return (
    <section class="card" data-testid="own-noticed">
      <h2>{text.noticed}</h2>
      <p class="hint">{text.noticedText}</p>
      <ul class="answers">
        {shown.map((one, index) => (
          <li key={`${one.question_id} ${one.kind} ${one.start_ms}`}>
            <p>
              <span class="hint">
                {clockText(one.start_ms)}
                {one.end_ms !== null && `–${clockText(one.end_ms)}`}
              </span>{" "}
              {text.noticedKinds[one.kind] ?? one.kind}
              <br />
              <span class="hint">{questions.get(one.question_id)}</span>
            </p>
            {one.comment !== null && (
              <p>
                {text.yourComment}: {one.comment}
              </p>
            )}
            {open === index ? (
              <ReplyForm
                label={text.comment}
                send={text.sendComment}
                cancel={text.leaveComment}
                longest={LONGEST}
                text={one.comment ?? ""}
                onSend={(words) => send(index, words)}
                onCancel={() => setOpen(null)}
                testid="comment"
              />
            ) : (
              <button
                type="button"
                class="quiet inline"
                data-testid={`comment-${index}`}
                onClick={() => {
                  setOpen(index);
                  setSaid("");
                }}
              >
                {one.comment === null ? text.addComment : text.changeComment}
                <span class="visually-hidden"> {clockText(one.start_ms)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <p role="status">{said}</p>
    </section>
  );
}
