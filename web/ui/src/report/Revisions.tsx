import { clockText } from "../capture/clock";
import { date } from "../locales/locale";
import { number, useMessages, useNames } from "./context";
import type { Report, Revision } from "./types";

/** What people corrected in the transcripts, and what that changed in the result. */
export function Revisions({ report }: { report: Report }) {
  const messages = useMessages();
  const names = useNames();
  const corrections = report.corrections ?? [];
  const { revision } = report;
  if (corrections.length === 0 && revision === undefined) return null;
  const question = (id: string) => report.answers.findIndex((answer) => answer.question_id === id) + 1;
  const changes = revision ? changesOf(revision) : [];
  return (
    <section class="card revisions" data-testid="revisions">
      <h2>{revision ? messages.revised(revision.number) : messages.corrections}</h2>
      {revision && (
        <>
          <p class="hint">{messages.revisedHint}</p>
          {changes.length === 0 ? (
            <p>{messages.nothingChanged}</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">{messages.whatChanged}</th>
                  <th scope="col">{messages.before}</th>
                  <th scope="col">{messages.after}</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(([name, before, after]) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{before}</td>
                    <td>{after}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
      {corrections.length > 0 && (
        <>
          {revision && <h3>{messages.corrections}</h3>}
          <ul class="corrections">
            {corrections.map((correction) => (
              <li key={`${correction.question_id} ${correction.start_ms} ${correction.at}`}>
                <p class="hint">
                  {messages.question(question(correction.question_id))} · {clockText(correction.start_ms)} ·{" "}
                  {messages.correctedBy(
                    correction.by === "candidate" ? messages.candidate : correction.by,
                    date(Date.parse(correction.at), messages.code),
                  )}
                </p>
                <p lang={report.locale}>
                  <del>{correction.was}</del> <ins>{correction.text}</ins>
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );

  function changesOf({ difference }: Revision): [name: string, before: string, after: string][] {
    const points = (value: number | null) => (value === null ? messages.criterionNotAssessed : number(value));
    const rows: [string, string, string][] = [];
    if (difference.score)
      rows.push([messages.total, points(difference.score.before), points(difference.score.after)]);
    if (difference.queue) {
      const { before, after } = difference.queue;
      rows.push([messages.queueName, messages.queues[before], messages.queues[after]]);
    }
    for (const { name, before, after } of difference.dimensions ?? [])
      rows.push([names.dimension(name), points(before), points(after)]);
    for (const { question_id, criterion, before, after } of difference.criteria ?? []) {
      const name = `${messages.question(question(question_id))}${messages.colon}${names.criterion(question_id, criterion)}`;
      const shown = (verdict: typeof before) =>
        verdict === null || verdict.not_assessed !== undefined
          ? messages.criterionNotAssessed
          : messages.points(number(verdict.points), number(verdict.max_points));
      rows.push([name, shown(before), shown(after)]);
    }
    return rows;
  }
}
