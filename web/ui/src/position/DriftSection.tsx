import { usePositionMessages } from "./context";
import { Table } from "./plots";
import type { DriftSide, Statistics } from "./types";

/** Whether results have moved with the models, or with time. */
export function DriftSection({ drift }: { drift: Statistics["drift"] }) {
  const messages = usePositionMessages();
  const text = messages.drift;
  const side = (name: string, found: DriftSide) =>
    `${name === "score" ? found.median.toFixed(1) : `${Math.round(found.median * 100)} %`} (${found.count})`;
  return (
    <section class="card" data-testid="drift">
      <h2>{text.title}</h2>
      {drift.alarms > 0 && (
        <p class="notice" role="status">
          {text.alarm}
        </p>
      )}
      {drift.comparisons.length === 0 && <p class="hint">{text.tooFew(drift.smallest_side)}</p>}
      {drift.comparisons.map((comparison) => (
        <div key={comparison.by}>
          <h3>{comparison.by === "models" ? text.byModels : text.byTime(drift.window_days)}</h3>
          <p class="hint models">
            {comparison.by === "models" ? `${comparison.before} → ${comparison.after}` : comparison.after}
          </p>
          <Table
            name={comparison.by === "models" ? text.byModels : text.byTime(drift.window_days)}
            head={[text.measure, text.before, text.after, text.effect, text.p]}
            rows={comparison.measures.map((measure) => [
              `${text.measures[measure.name]}${measure.alarm ? ` – ${text.moved}` : ""}`,
              side(measure.name, measure.before),
              side(measure.name, measure.after),
              measure.effect.toFixed(2),
              measure.p < 0.001 ? "< 0.001" : measure.p.toFixed(3),
            ])}
          />
        </div>
      ))}
      <p class="hint">{text.test}</p>
    </section>
  );
}
