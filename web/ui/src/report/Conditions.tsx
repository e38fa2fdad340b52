import { FactList } from "../FactList";
import { date } from "../locales/locale";
import { useMessages } from "./context";
import type { Report } from "./types";

/** Under which rules the report came about, with which models, and until when it exists. */
export function Conditions({ report }: { report: Report }) {
  const messages = useMessages();
  const { human_review: review } = report;
  const reviewed =
    review.by !== null && review.at !== null
      ? messages.reviewedBy(review.by, day(review.at))
      : review.required
        ? messages.reviewRequired
        : messages.notRequired;
  const facts: [string, string][] = [
    [messages.deleteAfter, day(report.delete_after)],
    ...earlier(),
    [messages.mode, messages.modes[report.ai_mode]],
    [messages.review, reviewed],
    [messages.profile, report.profile],
    [messages.reference, report.interview_id],
    ...(report.external_id === null ? [] : [[messages.external, report.external_id] as [string, string]]),
    [messages.rubric, report.rubric_version.slice(0, 16)],
  ];
  return (
    <section class="card conditions">
      <h2>{messages.conditions}</h2>
      <FactList facts={facts} />
      {report.models.length > 0 && (
        <div class="models" role="region" tabIndex={0} aria-label={messages.models}>
          <h3>{messages.models}</h3>
          <table>
            <thead>
              <tr>
                <th scope="col">{messages.model}</th>
                <th scope="col">{messages.version}</th>
                <th scope="col">{messages.license}</th>
                <th scope="col">SHA-256</th>
              </tr>
            </thead>
            <tbody>
              {report.models.map((model) => (
                <tr key={`${model.name} ${model.sha256}`}>
                  <td>{model.name}</td>
                  <td>{model.version}</td>
                  <td>{model.license}</td>
                  <td>
                    <code title={model.sha256}>{model.sha256.slice(0, 12)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );

  /** What goes before the rest. */
  function earlier(): [string, string][] {
    const classes = Object.entries(report.delete_after_by_class ?? {});
    return classes
      .filter(([name, at]) => name in messages.deleteClass && at < report.delete_after)
      .map(([name, at]) => [messages.deleteClass[name] ?? name, day(at)]);
  }

  function day(text: string): string {
    const milliseconds = Date.parse(text);
    return Number.isNaN(milliseconds) ? text : date(milliseconds, messages.code);
  }
}
