import { useEffect, useState } from "preact/hooks";
import { type Names, namesOf, number } from "../../report/context";
import type { Finding } from "../../report/types";
import { useInterview } from "../context";
import { HeardAnswer } from "./HeardAnswer";
import { type ResultMessages, resultMessages } from "./messages";
import { Noticed } from "./Noticed";
import type { OwnResultData } from "./types";

/** What the candidate may know of the result: what was understood, what counted, and how to contest it. */
export function OwnResult() {
  const { session, view, messages, busy } = useInterview();
  const text = resultMessages(messages.code);
  const [result, setResult] = useState<OwnResultData | null>(null);
  useEffect(() => {
    // Without it the page is whole: the interview is sent, and a person decides.
    session.calls.ownResult(view.locale).then(setResult, () => undefined);
  }, [view.state, view.locale, session]);
  if (result === null) return null;
  const { shared } = result;
  const names = namesOf(text.report, result.titles);
  const questions = new Map(result.answers.map((answer) => [answer.question_id, answer.question]));
  const spoken = result.answers.filter((answer) => answer.segments.length > 0);
  return (
    <>
      {shared?.decision && (
        <section class="card" data-testid="own-decision">
          <h2>{text.decision}</h2>
          <p>{text.outcomes[shared.decision.outcome]}</p>
          {shared.decision.reason !== null && <p class="hint">{shared.decision.reason}</p>}
        </section>
      )}
      {shared && <SharedResult shared={shared} names={names} questions={questions} text={text} />}
      {spoken.length > 0 && (
        <section class="card" data-testid="own-heard">
          <h2>{text.heard}</h2>
          <p class="hint">{text.heardText}</p>
          {spoken.map((answer) => (
            <HeardAnswer key={answer.question_id} answer={answer} text={text} />
          ))}
        </section>
      )}
      {result.noticed.length > 0 && <Noticed noticed={result.noticed} questions={questions} text={text} />}
      {view.ai_mode !== "human_only" && (
        <section class="card">
          <h2>{text.contest}</h2>
          <p class="hint">{text.contestText}</p>
          {view.human_requested ? (
            <p role="status">{text.personAsked}</p>
          ) : (
            <button
              type="button"
              class="secondary"
              disabled={busy !== null}
              data-testid="own-person"
              onClick={() => session.act("human", () => session.calls.human())}
            >
              {text.person}
            </button>
          )}
        </section>
      )}
    </>
  );
}

interface SharedResultProps {
  shared: NonNullable<OwnResultData["shared"]>;
  names: Names;
  /** The questions' texts by their names. */
  questions: Map<string, string>;
  text: ResultMessages;
}

/** What was strong, what to improve, and what counted how much. */
function SharedResult({ shared, names, questions, text }: SharedResultProps) {
  const findings = (list: Finding[], areQuotes: boolean) => (
    <Findings findings={list} areQuotes={areQuotes} names={names} questions={questions} text={text} />
  );
  return (
    <section class="card" data-testid="own-result">
      <h2>{text.result}</h2>
      {shared.score !== null ? (
        <p class="lead">{text.score(number(shared.score), Math.round(shared.max_score))}</p>
      ) : (
        <p>{text.noScore}</p>
      )}
      <h3>{text.strong}</h3>
      {findings(shared.strengths, true)}
      <h3>{text.improve}</h3>
      {shared.to_improve.length > 0 && <p class="hint">{text.improveHint}</p>}
      {findings(shared.to_improve, false)}
      <h3>{text.counted}</h3>
      <p class="hint">{text.countedHint}</p>
      <ul>
        {shared.dimensions.map((dimension) => (
          <li key={dimension.name}>
            {names.dimension(dimension.name)} · {text.weight(Math.round(dimension.weight))} ·{" "}
            {dimension.score === null
              ? text.report.criterionNotAssessed
              : `${number(dimension.score)} / ${dimension.max}`}
          </li>
        ))}
      </ul>
      {shared.models.length > 0 && <p class="hint">{text.models(shared.models.join(", "))}</p>}
    </section>
  );
}

interface FindingsProps {
  findings: Finding[];
  /** Mostly the candidate's own words; else what the rules missed. */
  areQuotes: boolean;
  names: Names;
  questions: Map<string, string>;
  text: ResultMessages;
}

function Findings({ findings, areQuotes, names, questions, text }: FindingsProps) {
  if (findings.length === 0) return <p class="hint">{text.none}</p>;
  return (
    <ul class="answers">
      {findings.map((finding) => (
        <li key={`${finding.question_id} ${finding.criterion}`}>
          <strong>{names.criterion(finding.question_id, finding.criterion)}</strong>{" "}
          <span class="hint">{text.points(number(finding.points), number(finding.max_points))}</span>
          {finding.quote !== undefined && (
            <p>
              {areQuotes ? <q>{text.report.sentence(finding.quote)}</q> : text.report.sentence(finding.quote)}
            </p>
          )}
          <p class="hint">{questions.get(finding.question_id)}</p>
        </li>
      ))}
    </ul>
  );
}
