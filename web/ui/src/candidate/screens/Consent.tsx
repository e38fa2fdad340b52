import { useState } from "preact/hooks";
import { useInterview } from "../context";
import type { Purpose, PurposeName } from "../view";

type Decisions = { [purpose in PurposeName]?: boolean };

export function Consent() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.consent;
  const [decisions, setDecisions] = useState<Decisions>({});
  const [humanOnly, setHumanOnly] = useState(false);
  const [asked, setAsked] = useState(false);
  const [personAsked, setPersonAsked] = useState(false);
  const decide = (purpose: PurposeName, granted: boolean) => {
    setDecisions((before) => ({ ...before, [purpose]: granted }));
    if (purpose === "analysis" && granted) setHumanOnly(false);
  };
  const complete = view.purposes.every(({ purpose }) => decisions[purpose] !== undefined);
  const refused = view.purposes.some(({ purpose, required }) => required && decisions[purpose] === false);

  const onlyPeople = () => {
    setHumanOnly(true);
    const optional = view.purposes.filter((purpose) => !purpose.required);
    setDecisions((before) => ({ ...before, ...Object.fromEntries(optional.map((p) => [p.purpose, false])) }));
  };
  const askForPerson = async () => setPersonAsked(await session.act("human", session.calls.human));
  const send = () => {
    setAsked(true);
    if (!complete || refused) return;
    const chosen = view.purposes.map(({ purpose }) => ({ purpose, granted: decisions[purpose] === true }));
    void session.act("consents", async () => {
      const agreed = await session.calls.consents(view.consent_text_version, chosen);
      return humanOnly && agreed.ai_mode !== "human_only" ? session.calls.mode("human_only") : agreed;
    });
  };

  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      {view.purposes.map((purpose) => (
        <PurposeCard
          key={purpose.purpose}
          purpose={purpose}
          decision={decisions[purpose.purpose]}
          missing={asked && decisions[purpose.purpose] === undefined}
          onDecide={(granted) => decide(purpose.purpose, granted)}
        />
      ))}
      <section class="card tinted">
        <p>{text.humanText}</p>
        {humanOnly ? (
          <p class="good" role="status">
            {text.humanChosen}
          </p>
        ) : (
          <button type="button" class="secondary" data-testid="human-only" onClick={onlyPeople}>
            {text.human}
          </button>
        )}
      </section>
      {refused && (
        <section class="card" role="alert" data-testid="consent-refused">
          <p>{text.whyRequired}</p>
          {personAsked ? (
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
  const { view, messages } = useInterview();
  const text = messages.consent;
  const about = text.purposes[purpose.purpose];
  const organisation = view.organisation ?? messages.brand;
  const choices = [
    { name: "yes", granted: true, label: text.yes },
    { name: "no", granted: false, label: text.no },
  ];
  return (
    <fieldset class={`card purpose ${missing ? "missing" : ""}`}>
      <legend>{about.title}</legend>
      <p class="terms">
        <span class={`tag ${purpose.required ? "tag-required" : ""}`}>
          {purpose.required ? text.required : text.optional}
        </span>
        {!purpose.required && <span class="hint">{text.optionalNote}</span>}
      </p>
      <p>
        <strong>{text.measured}:</strong> {about.text(organisation, view.retention_days)}
      </p>
      <p>
        <strong>{text.notMeasured}:</strong> {about.not}
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
