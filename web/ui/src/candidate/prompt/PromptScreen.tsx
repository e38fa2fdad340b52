import { useInterview } from "../context";
import { currentQuestion, type Prompt } from "../view";
import { promptMessages } from "./messages";
import { PromptPlayer } from "./PromptPlayer";

/** Before the question: no clock runs until the candidate wants to see it. */
export function PromptScreen() {
  const { session, view, messages, busy } = useInterview();
  const text = promptMessages(messages.code);
  const question = currentQuestion(view);
  const prompt = question?.prompt;
  if (question === undefined || prompt == null) return null;
  const free = question.think_seconds === null || question.think_limit === "soft";
  return (
    <>
      <p class="eyebrow">
        {messages.question.of(view.questions.indexOf(question) + 1, view.questions.length)}
      </p>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{prompt.speech === null ? text.leadMedia : text.leadSpeech}</p>
      <PromptPlayer prompt={prompt} />
      <p class="hint">{free || view.accommodations.untimed ? text.nextFree : text.next}</p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="prompt-over"
          disabled={busy !== null}
          onClick={() => session.act("prompt", () => session.calls.promptOver(question.id))}
        >
          {text.ready}
        </button>
      </div>
    </>
  );
}

/** Beside the question: folded away, so that nothing plays by itself. */
export function PromptAgain({ prompt }: { prompt: Prompt }) {
  const { messages } = useInterview();
  return (
    <details class="card">
      <summary>{promptMessages(messages.code).again}</summary>
      <PromptPlayer prompt={prompt} />
    </details>
  );
}
