import { useState } from "preact/hooks";
import { useInterview } from "../context";
import type { Way as WayName } from "../view";

const WAYS = ["ai_and_human", "human_only", "human_interview"] as const;

/** Three ways, none chosen beforehand and none worse than the others. */
export function Way() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.way;
  const [way, setWay] = useState<WayName | null>(view.human_requested ? "human_interview" : null);
  const [asked, setAsked] = useState(false);
  const waits = way === "human_interview" && view.human_requested;

  const go = async () => {
    setAsked(true);
    if (way === null) return;
    const same = way === view.ai_mode;
    if (!same && !(await session.act("mode", () => session.calls.mode(way)))) return;
    if (way !== "human_interview") session.page.value = { ...session.page.value, wayChosen: true };
  };

  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <fieldset class="plain">
        <legend class="visually-hidden">{text.title}</legend>
        {WAYS.map((each) => (
          <label key={each} class="choice way">
            <input
              type="radio"
              name="way"
              checked={way === each}
              data-testid={`way-${each}`}
              onChange={() => setWay(each)}
            />
            <span>
              <strong>{text.ways[each].title}</strong>
              <br />
              {text.ways[each].text}
            </span>
          </label>
        ))}
      </fieldset>
      {asked && way === null && (
        <p class="notice" role="alert">
          {text.missing}
        </p>
      )}
      {waits && (
        <p class="card good" role="status" data-testid="person-asked">
          {messages.consent.personAsked}
        </p>
      )}
      {!waits && (
        <div class="actions">
          <button
            type="button"
            class="primary"
            data-testid="way-continue"
            disabled={busy !== null}
            onClick={() => void go()}
          >
            {way === "human_interview" ? messages.consent.askForPerson : messages.consent.continue}
          </button>
        </div>
      )}
    </>
  );
}
