import { useEffect, useState } from "preact/hooks";
import { clockText } from "../capture/clock";
import type { Edit } from "../code/typing";
import { useMessages } from "./context";
import type { ReportSource } from "./source";
import type { Answer } from "./types";

/** Edits shown at once: a page stays quick. */
const SHOWN = 400;

/** Code as it was handed in, and how it was written, as text. */
export function TypedReplay({ answer, source }: { answer: Answer; source: ReportSource }) {
  const messages = useMessages();
  const text = messages.replay;
  const [edits, setEdits] = useState<Edit[]>([]);
  const [whole, setWhole] = useState(true);
  useEffect(() => {
    source.writing(answer.question_id).then(
      (replay) => {
        setEdits(replay.edits);
        setWhole(replay.whole);
      },
      () => undefined,
    );
  }, [answer.question_id]);
  const code = "text" in answer.transcript ? answer.transcript.text : "";
  return (
    <div class="typed-replay">
      <h3>{text.code}</h3>
      <pre tabIndex={0} data-testid="code">
        {code}
      </pre>
      {edits.length > 0 && (
        <details data-testid="replay">
          <summary>{text.title(edits.length)}</summary>
          <p class="hint">{whole ? text.note : text.partial}</p>
          <ol>
            {edits.slice(0, SHOWN).map((edit) => (
              <li key={`${edit.at_ms} ${edit.from}`}>
                <span>{clockText(edit.at_ms)}</span> {edit.removed > 0 && text.removed(edit.removed)}{" "}
                {edit.inserted !== "" && <code>{edit.inserted}</code>}
              </li>
            ))}
          </ol>
          {edits.length > SHOWN && <p class="hint">{text.more(edits.length - SHOWN)}</p>}
        </details>
      )}
    </div>
  );
}
