import { useEffect, useState } from "preact/hooks";
import { demographicsMessages } from "../../locales/demographics";
import { useInterview } from "../context";

/** What candidates may be asked about themselves, and what they said. */
export interface OwnDemographics {
  characteristics: { characteristic: string; options: string[] }[];
  given: Record<string, string>;
}

/** Voluntary, apart from the interview, and open to change at any time. */
export function Demographics() {
  const { session, messages } = useInterview();
  const text = demographicsMessages(messages.code);
  const [asked, setAsked] = useState<OwnDemographics["characteristics"]>([]);
  const [given, setGiven] = useState<Record<string, string>>({});
  const [said, setSaid] = useState("");
  const show = (found: OwnDemographics) => {
    setAsked(found.characteristics);
    setGiven(found.given);
  };
  useEffect(() => {
    // The page is whole without it.
    session.calls.demographics().then(show, () => undefined);
  }, [session]);
  if (asked.length === 0) return null;
  const choose = (characteristic: string, option: string) => {
    const { [characteristic]: _, ...others } = given;
    setGiven(option === "" ? others : { ...others, [characteristic]: option });
    setSaid("");
  };

  return (
    <section class="card" data-testid="demographics">
      <h2>{text.title}</h2>
      <p class="hint">{text.text}</p>
      {asked.map(({ characteristic, options }) => (
        <label key={characteristic}>
          {text.characteristics[characteristic] ?? characteristic}
          <select
            value={given[characteristic] ?? ""}
            data-testid={`demographics-${characteristic}`}
            onChange={(event) => choose(characteristic, event.currentTarget.value)}
          >
            <option value="">{text.none}</option>
            {options.map((option) => (
              <option key={option} value={option}>
                {text.options[option] ?? option}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button
        type="button"
        class="secondary"
        data-testid="demographics-send"
        onClick={() =>
          session.calls.sayDemographics(given).then(
            (found) => {
              show(found);
              setSaid(text.kept);
            },
            () => setSaid(text.failed),
          )
        }
      >
        {text.send}
      </button>
      <p role="status">{said}</p>
    </section>
  );
}
