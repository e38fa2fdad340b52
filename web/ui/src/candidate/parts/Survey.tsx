import { useState } from "preact/hooks";
import type { SurveyAnswers } from "../calls";
import { useInterview } from "../context";

const STARS = [1, 2, 3, 4, 5];
const QUESTIONS = ["rating", "fairness"] as const;

/** Two questions about the interview itself; both may be left out. */
export function Survey() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.done;
  const [given, setGiven] = useState<SurveyAnswers>({});
  if (view.survey_done) {
    return (
      <p class="card good" role="status">
        {text.surveyThanks}
      </p>
    );
  }
  return (
    <section class="card" aria-labelledby="survey-title">
      <h2 id="survey-title">{text.survey}</h2>
      <p class="hint">{text.surveyText}</p>
      {QUESTIONS.map((question) => (
        <fieldset key={question} class="plain">
          <legend>{text.surveyQuestions[question]}</legend>
          <div class="stars">
            {STARS.map((star) => (
              <button
                type="button"
                key={star}
                class={star <= (given[question] ?? 0) ? "lit" : ""}
                aria-label={text.stars(star)}
                aria-pressed={given[question] === star}
                data-testid={`survey-${question}-${star}`}
                onClick={() => setGiven({ ...given, [question]: star })}
              >
                ★
              </button>
            ))}
          </div>
        </fieldset>
      ))}
      <button
        type="button"
        class="secondary"
        data-testid="survey-send"
        disabled={busy !== null || Object.keys(given).length === 0}
        onClick={() => session.act("survey", () => session.calls.survey(given))}
      >
        {text.surveySend}
      </button>
    </section>
  );
}
