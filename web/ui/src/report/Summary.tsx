import { number, percent, useMessages, useNames } from "./context";
import type { Finding, Report } from "./types";

interface SummaryProps {
  report: Report;
  onQuestion: (questionId: string) => void;
}

/** Who, for what, and the result with everything that qualifies it. */
export function Summary({ report, onQuestion }: SummaryProps) {
  const messages = useMessages();
  const names = useNames();
  const { overall, candidate } = report;
  return (
    <section class="summary">
      <div class="summary-head">
        <h1>{candidate.name ?? candidate.ref ?? messages.noName}</h1>
        <p class="lead">{report.position.title}</p>
        {report.status === "partial" && <p class="tag">{messages.partial}</p>}
        {report.integrity_flags.some((flag) => flag.kind === "demonstration_model") && (
          <p class="notice">{messages.demonstration}</p>
        )}
      </div>
      <div class="scores card">
        <div class="totals">
          <Figure name={messages.total}>
            <span data-testid="score">{overall.score === null ? "–" : number(overall.score)}</span>
            <small>/ {overall.max_score}</small>
          </Figure>
          <Figure name={messages.match}>
            <span data-testid="match">
              {overall.match_percent === null ? "–" : number(overall.match_percent)}
            </span>
            <small>%</small>
          </Figure>
        </div>
        <p class="queue">
          <strong data-testid="queue">{messages.queues[overall.queue]}</strong>
          <span>{messages.suggestion}</span>
        </p>
        {overall.score === null && <p class="hint">{messages.notTotalled}</p>}
        <p class="hint">{messages.assessed(percent(overall.assessed_share))}</p>
        {overall.score_without_face !== undefined && (
          <p class="hint">
            {messages.withoutFace(messages.of(number(overall.score_without_face), overall.max_score))}
          </p>
        )}
      </div>
      <div class="card">
        <h2>{messages.dimensions}</h2>
        <ul class="dimensions">
          {report.dimensions.map((dimension) => (
            <li key={dimension.name}>
              <span class="dimension-name">
                {names.dimension(dimension.name)} <small>{messages.weight(dimension.weight)}</small>
              </span>
              <span class="dimension-score">
                {dimension.score === null
                  ? messages.criterionNotAssessed
                  : `${number(dimension.score)} / ${dimension.max}`}
              </span>
              <progress
                max={dimension.max}
                value={dimension.score ?? 0}
                aria-label={names.dimension(dimension.name)}
              />
            </li>
          ))}
        </ul>
      </div>
      <Findings
        title={messages.strengths}
        findings={report.strengths}
        onQuestion={onQuestion}
        report={report}
      />
      <Findings
        title={messages.concerns}
        findings={report.concerns}
        onQuestion={onQuestion}
        report={report}
      />
    </section>
  );
}

function Figure({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <p class="figure">
      <span class="figure-name">{name}</span>
      <span class="figure-value">{children}</span>
    </p>
  );
}

interface FindingsProps {
  title: string;
  findings: Finding[];
  report: Report;
  onQuestion: (questionId: string) => void;
}

function Findings({ title, findings, report, onQuestion }: FindingsProps) {
  const messages = useMessages();
  const names = useNames();
  return (
    <div class="card findings">
      <h2>{title}</h2>
      {findings.length === 0 && <p class="hint">{messages.noneFound}</p>}
      <ul>
        {findings.map((finding) => (
          <li key={`${finding.question_id} ${finding.criterion}`}>
            <p>
              <strong>{names.criterion(finding.question_id, finding.criterion)}</strong>{" "}
              <span class="hint">
                {names.dimension(finding.dimension)} ·{" "}
                {messages.points(number(finding.points), number(finding.max_points))}
              </span>
              <button type="button" class="quiet inline" onClick={() => onQuestion(finding.question_id)}>
                {messages.question(
                  report.answers.findIndex((a) => a.question_id === finding.question_id) + 1,
                )}
              </button>
            </p>
            {finding.quote && <q lang={report.locale}>{messages.sentence(finding.quote)}</q>}
          </li>
        ))}
      </ul>
    </div>
  );
}
