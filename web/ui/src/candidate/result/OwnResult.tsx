import { useEffect, useState } from "preact/hooks";
import { dimensionName, number, words } from "../../report/context";
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
      {shared && <SharedResult shared={shared} text={text} />}
      {spoken.length > 0 && (
        <section class="card" data-testid="own-heard">
          <h2>{text.heard}</h2>
          <p class="hint">{text.heardText}</p>
          {spoken.map((answer) => (
            <HeardAnswer key={answer.question_id} answer={answer} text={text} />
          ))}
        </section>
      )}
      {result.noticed.length > 0 && (
        <Noticed
          noticed={result.noticed}
          questions={new Map(result.answers.map((answer) => [answer.question_id, answer.question]))}
          text={text}
        />
      )}
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
  text: ResultMessages;
}

function SharedResult({ shared, text }: SharedResultProps) {
  return (
    <section class="card" data-testid="own-result">
      <h2>{text.result}</h2>
      {shared.score !== null && (
        <p class="lead">{text.score(number(shared.score), Math.round(shared.max_score))}</p>
      )}
      <h3>{text.strong}</h3>
      <Findings findings={shared.strengths} text={text} />
      <h3>{text.improve}</h3>
      <Findings findings={shared.to_improve} text={text} />
      <h3>{text.counted}</h3>
      <ul>
        {shared.dimensions.map((dimension) => (
          <li key={dimension.name}>
            {dimensionName(text.report, dimension.name)} · {text.weight(Math.round(dimension.weight))} ·{" "}
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

function Findings({ findings, text }: { findings: Finding[]; text: ResultMessages }) {
  if (findings.length === 0) return <p class="hint">{text.none}</p>;
  return (
    <ul>
      {findings.map((finding) => (
        <li key={`${finding.question_id} ${finding.criterion}`}>
          {words(finding.criterion)}
          {finding.quote !== undefined && (
            <>
              : <q>{text.report.sentence(finding.quote)}</q>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
