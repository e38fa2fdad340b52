import { useState } from "preact/hooks";
import { useInterview } from "../context";
import { EraseButton, WithdrawButton } from "../parts/RightsButtons";

const STARS = [1, 2, 3, 4, 5];
const STAGES = ["submitted", "analysed", "decided"] as const;

export function Done() {
  const { view, messages } = useInterview();
  const text = messages.done;
  const reached = STAGES.indexOf(view.state as (typeof STAGES)[number]);
  return (
    <>
      <section class="hero" data-testid="done">
        <p class="seal" aria-hidden="true">
          ✓
        </p>
        <h1 tabIndex={-1}>{text.title}</h1>
        <p class="lead">{text.lead(view.organisation)}</p>
        <p>{text.human}</p>
      </section>
      <ol class="status" aria-label={text.status}>
        {STAGES.map((stage, index) => (
          <li key={stage} aria-current={index === reached ? "step" : undefined}>
            <span aria-hidden="true">{index <= reached ? "✓" : "…"}</span> {text.stages[stage]}
          </li>
        ))}
      </ol>
      <dl class="facts">
        <div>
          <dt>{text.reference}</dt>
          <dd class="reference">{view.interview_id}</dd>
        </div>
        <div>
          <dt>{text.kept}</dt>
          <dd>{messages.days(view.retention_days)}</dd>
        </div>
      </dl>
      <Survey />
      <section class="card">
        <h2>{text.rights}</h2>
        <p class="hint">{messages.help.withdrawText}</p>
        <WithdrawButton />
        <p class="hint">{messages.help.eraseText}</p>
        <EraseButton />
      </section>
    </>
  );
}

function Survey() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.done;
  const [hovered, setHovered] = useState(0);
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
      <div class="stars" onPointerLeave={() => setHovered(0)}>
        {STARS.map((star) => (
          <button
            type="button"
            key={star}
            class={star <= hovered ? "lit" : ""}
            aria-label={text.stars(star)}
            data-testid={`survey-${star}`}
            disabled={busy !== null}
            onPointerEnter={() => setHovered(star)}
            onFocus={() => setHovered(star)}
            onBlur={() => setHovered(0)}
            onClick={() => session.act("survey", () => session.calls.survey(star))}
          >
            ★
          </button>
        ))}
      </div>
    </section>
  );
}
