import { useEffect, useState } from "preact/hooks";
import { demographicsMessages } from "../locales/demographics";
import { saveFile } from "../saveFile";
import { usePositionMessages } from "./context";
import { Table } from "./plots";
import type { PositionSource } from "./source";
import type { GroupRate, Impact } from "./types";

interface ImpactSectionProps {
  source: PositionSource;
  characteristics: string[];
}

/** Whether groups go on, or score highly, at different rates, by what candidates said of themselves. */
export function ImpactSection({ source, characteristics }: ImpactSectionProps) {
  const messages = usePositionMessages();
  const text = messages.impact;
  const names = demographicsMessages(messages.code);
  const [by, setBy] = useState(characteristics[0] ?? "");
  const [impact, setImpact] = useState<Impact | null>(null);
  useEffect(() => {
    setImpact(null);
    // The page is whole without it.
    source.impact(by).then(setImpact, () => undefined);
  }, [by, source]);
  const choices =
    characteristics.length > 1 ? [...characteristics, characteristics.join(",")] : characteristics;
  const name = (choice: string) =>
    choice
      .split(",")
      .map((each) => names.characteristics[each] ?? each)
      .join(" × ");
  const group = (id: string) =>
    id
      .split(" / ")
      .map((each) => names.options[each] ?? each)
      .join(" / ");
  const rows = (rates: GroupRate[]) =>
    rates.map((each) => [
      `${group(each.group)}${each.below_four_fifths ? ` – ${text.below}` : ""}`,
      String(each.count),
      each.rate === null ? "–" : `${Math.round(each.rate * 100)} %`,
      each.ratio === null ? "–" : each.ratio.toFixed(2),
    ]);
  const head = [text.group, messages.count, text.rate, text.ratio];

  return (
    <section class="card" data-testid="impact">
      <h2>{text.title}</h2>
      <p class="hint">{text.hint}</p>
      <label class="question-choice">
        {text.by}
        <select data-testid="impact-by" value={by} onChange={(event) => setBy(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {name(choice)}
            </option>
          ))}
        </select>
      </label>
      {impact !== null && (
        <>
          <h3>{text.selection}</h3>
          <Table name={text.selection} head={head} rows={rows(impact.selection)} />
          <h3>{text.scoring}</h3>
          <Table name={text.scoring} head={head} rows={rows(impact.scoring)} />
          <p class="hint">{text.guard(impact.smallest_group)}</p>
          <p>
            <button
              type="button"
              class="secondary"
              data-testid="save-impact"
              onClick={() =>
                source.impactCsv(by).then(
                  (csv) => saveFile("impact.csv", "text/csv", csv),
                  () => undefined,
                )
              }
            >
              {messages.saveCsv}
            </button>
          </p>
        </>
      )}
    </section>
  );
}
