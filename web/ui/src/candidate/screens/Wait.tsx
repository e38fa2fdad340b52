import { useInterview } from "../context";

/** Three seconds at most: the last answer may lead to a further question. */
export function Wait() {
  const { messages } = useInterview();
  return (
    <>
      <h1 tabIndex={-1}>{messages.loading}</h1>
      <p class="lead" role="status">
        {messages.question.waits}
      </p>
    </>
  );
}
