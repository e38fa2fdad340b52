import { clockText } from "../capture/clock";
import { useMessages, useNames, words } from "./context";
import type { Report } from "./types";

export function NotAssessedList({ report }: { report: Report }) {
  const messages = useMessages();
  const names = useNames();
  const number = (id: string) => report.answers.findIndex((answer) => answer.question_id === id) + 1;
  return (
    <section class="card" data-testid="not-assessed">
      <h2>{messages.notAssessed}</h2>
      {report.not_assessed.length === 0 ? (
        <p class="hint">{messages.allAssessed}</p>
      ) : (
        <>
          <p class="hint">{messages.notAssessedHint}</p>
          <ul>
            {report.not_assessed.map((item) => (
              <li key={`${item.question_id} ${item.what}`}>
                {number(item.question_id) > 0 && `${messages.question(number(item.question_id))} · `}
                <strong>{messages.stages[item.what] ?? names.criterion(item.question_id, item.what)}</strong>
                {messages.colon}
                {messages.sentence(item.reason)}
              </li>
            ))}
          </ul>
        </>
      )}
      {report.integrity_flags.length > 0 && (
        <>
          <h3>{messages.flags}</h3>
          <p class="hint">{messages.flagsHint}</p>
          <ul>
            {report.integrity_flags.map((flag) => (
              <li key={`${flag.question_id} ${flag.kind} ${flag.at_ms}`} data-testid={`flag-${flag.kind}`}>
                {clockText(flag.at_ms)}
                {flag.end_ms !== undefined && `–${clockText(flag.end_ms)}`}{" "}
                {messages.flagKinds[flag.kind] ?? words(flag.kind)}
                {messages.colon}
                {messages.sentence(flag.note)}
                {flag.comment !== undefined && (
                  <p class="hint">
                    {messages.candidateSays}
                    {messages.colon}
                    <q>{flag.comment}</q>
                  </p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
