import { clockText } from "../../capture/clock";
import { sizeText } from "../../capture/size";
import { GAP_MS } from "../addition";
import { useInterview } from "../context";
import type { Question } from "../view";

/** So much of a SHA-256 tells two files apart; the whole is in the candidate's own data. */
const SHORT_HASH = 12;

/** What the server keeps of each answer, as it found it there. */
export function StoredList() {
  const { view, messages } = useInterview();
  const text = messages.stored;
  return (
    <section aria-labelledby="stored-title">
      <h2 id="stored-title">{text.title}</h2>
      <p class="hint">{text.lead}</p>
      <ol class="answers" data-testid="stored">
        {view.questions.map((question) => (
          <li key={question.id}>
            <p class="answer-question">{question.text ?? question.id}</p>
            <StoredAnswer question={question} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function StoredAnswer({ question }: { question: Question }) {
  const { messages } = useInterview();
  const text = messages.stored;
  const { stored } = question;
  if (stored === null) return <p class="hint">{messages.review.checking}</p>;
  const complete = stored.missing_ms < GAP_MS;
  const facts = [
    ...(stored.duration_ms === null ? [messages.submit[question.kind]] : [clockText(stored.duration_ms)]),
    sizeText(stored.bytes),
    complete ? text.complete : messages.review.gap((stored.missing_ms / 1000).toFixed(1)),
  ];
  return (
    <>
      <p class={complete ? "good" : "hint"}>
        <span aria-hidden="true">{complete ? "✓ " : ""}</span>
        {facts.join(" · ")}
      </p>
      <p class="hint">
        SHA-256{" "}
        <code class="reference" title={stored.sha256}>
          {stored.sha256.slice(0, SHORT_HASH)}
        </code>
      </p>
    </>
  );
}
