import { useState } from "preact/hooks";
import { useInterview } from "../context";
import type { Purpose, PurposeName } from "../view";

type Decisions = { [purpose in PurposeName]?: boolean };

export function Consent() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.consent;
  const [decisions, setDecisions] = useState<Decisions>({});
  const [asked, setAsked] = useState(false);
  const decide = (purpose: PurposeName, granted: boolean) =>
    setDecisions((before) => ({ ...before, [purpose]: granted }));
  // Who wants people alone has said no to everything that software would do.
  const peopleOnly = view.ai_mode === "human_only";
  const offered = view.purposes.filter(({ required }) => required || !peopleOnly);
  const complete = offered.every(({ purpose }) => decisions[purpose] !== undefined);
  const refused = view.purposes.some(({ purpose, required }) => required && decisions[purpose] === false);

  const askForPerson = () => session.act("mode", () => session.calls.mode("human_interview"));
  const back = () => {
    session.page.value = { ...session.page.value, wayChosen: false };
  };
  const send = () => {
    setAsked(true);
    if (!complete || refused) return;
    const chosen = view.purposes.map(({ purpose }) => ({ purpose, granted: decisions[purpose] === true }));
    void session.act("consents", () => session.calls.consents(view, chosen));
  };

  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      {offered.map((purpose) => (
        <PurposeCard
          key={purpose.purpose}
          purpose={purpose}
          decision={decisions[purpose.purpose]}
          missing={asked && decisions[purpose.purpose] === undefined}
          onDecide={(granted) => decide(purpose.purpose, granted)}
        />
      ))}
      {peopleOnly && <p class="card tinted">{text.humanChosen}</p>}
      {refused && (
        <section class="card" role="alert" data-testid="consent-refused">
          <p>{text.whyRequired}</p>
          {view.human_requested ? (
            <p class="good">{text.personAsked}</p>
          ) : (
            <button
              type="button"
              class="secondary"
              data-testid="ask-person"
              onClick={() => void askForPerson()}
            >
              {text.askForPerson}
            </button>
          )}
        </section>
      )}
      {asked && !complete && (
        <p class="notice" role="alert">
          {text.missing}
        </p>
      )}
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="consent-continue"
          disabled={busy !== null || refused}
          onClick={send}
        >
          {text.continue}
        </button>
        <button type="button" class="secondary" data-testid="consent-back" onClick={back}>
          {messages.back}
        </button>
      </div>
    </>
  );
}

interface PurposeCardProps {
  purpose: Purpose;
  decision: boolean | undefined;
  missing: boolean;
  onDecide: (granted: boolean) => void;
}

function PurposeCard({ purpose, decision, missing, onDecide }: PurposeCardProps) {
  const text = useInterview().messages.consent;
  const choices = [
    { name: "yes", granted: true, label: text.yes },
    { name: "no", granted: false, label: text.no },
  ];
  return (
    <fieldset class={`card purpose ${missing ? "missing" : ""}`}>
      <legend>{purpose.title}</legend>
      <p class="terms">
        <span class={`tag ${purpose.required ? "tag-required" : ""}`}>
          {purpose.required ? text.required : text.optional}
        </span>
        {!purpose.required && <span class="hint">{text.optionalNote}</span>}
      </p>
      <p>
        <strong>{text.measured}:</strong> {purpose.does}
      </p>
      <p>
        <strong>{text.notMeasured}:</strong> {purpose.does_not}
      </p>
      <div class="choices">
        {choices.map((choice) => (
          <label key={choice.name} class="choice">
            <input
              type="radio"
              name={purpose.purpose}
              checked={decision === choice.granted}
              data-testid={`consent-${purpose.purpose}-${choice.name}`}
              onChange={() => onDecide(choice.granted)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
