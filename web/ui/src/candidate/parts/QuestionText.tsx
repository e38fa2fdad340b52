import type { Question } from "../view";

export function QuestionText({ question }: { question: Question }) {
  return (
    <div class="question">
      <h1 tabIndex={-1} data-testid="question-text">
        {question.text}
      </h1>
      {question.hint && <p class="question-hint">{question.hint}</p>}
    </div>
  );
}
