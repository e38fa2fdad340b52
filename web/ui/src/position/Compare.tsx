import { useEffect, useState } from "preact/hooks";
import { date } from "../locales/locale";
import { number, TitlesContext, useMessages } from "../report/context";
import { ComparedAnswer } from "./ComparedAnswer";
import { usePositionMessages } from "./context";
import { PointsTable } from "./PointsTable";
import type { PositionSource } from "./source";
import type { Compared, Comparison } from "./types";

/** As the server takes them. */
const MOST_SHOWN = 6;

interface CompareProps {
  source: PositionSource;
  locale: string;
  onTitle: (title: string) => void;
  onFailed: (error: unknown) => void;
}

/** One question across candidates: points by the same criteria, then each answer with its recording and its evidence. */
export function Compare({ source, locale, onTitle, onFailed }: CompareProps) {
  const messages = usePositionMessages();
  const [comparison, setComparison] = useState<Comparison | null>(null);
  const [question, setQuestion] = useState<string>();
  const [chosen, setChosen] = useState<string[]>();

  const load = (wanted: string | undefined, interviews: string[] | undefined) =>
    source.comparison(locale, wanted, interviews).then((found) => {
      setComparison(found);
      onTitle(found.position.title);
    }, onFailed);
  useEffect(() => void load(question, chosen), [source, locale]);
  if (comparison === null) return <p class="loading">{messages.loading}</p>;

  const shown = comparison.candidates.filter((candidate) => candidate.answer !== undefined);
  const choose = (id: string, isOn: boolean) => {
    const now = shown.map((candidate) => candidate.interview_id).filter((other) => other !== id);
    const next = isOn ? [...now, id] : now;
    if (next.length === 0) return;
    setChosen(next);
    void load(question, next);
  };

  return (
    <TitlesContext.Provider value={comparison.titles}>
      <section class="card" data-testid="choices">
        <label class="question-choice">
          {messages.question}
          <select
            data-testid="question"
            value={comparison.question_id}
            onChange={(event) => {
              const wanted = event.currentTarget.value;
              setQuestion(wanted);
              void load(wanted, chosen ?? shown.map((candidate) => candidate.interview_id));
            }}
          >
            {comparison.questions.map((each, index) => (
              <option key={each.id} value={each.id}>
                {index + 1}. {each.text}
              </option>
            ))}
          </select>
        </label>
        {comparison.candidates.length === 0 ? (
          <p data-testid="nobody">{messages.nobody}</p>
        ) : (
          <fieldset class="plain candidates">
            <legend>{messages.candidates(shown.length, MOST_SHOWN)}</legend>
            {comparison.candidates.map((candidate) => (
              <Choice
                key={candidate.interview_id}
                candidate={candidate}
                isOn={candidate.answer !== undefined}
                isFull={shown.length >= MOST_SHOWN}
                onChange={(isOn) => choose(candidate.interview_id, isOn)}
              />
            ))}
          </fieldset>
        )}
        {comparison.truncated && <p class="hint">{messages.truncated}</p>}
      </section>
      {shown.length > 0 && (
        <PointsTable questionId={comparison.question_id} shown={shown} criteria={comparison.criteria} />
      )}
      {shown.map((candidate) => (
        <ComparedAnswer
          key={`${candidate.interview_id} ${comparison.question_id}`}
          candidate={candidate}
          onExpired={() => void load(question, chosen)}
        />
      ))}
    </TitlesContext.Provider>
  );
}

interface ChoiceProps {
  candidate: Compared;
  isOn: boolean;
  isFull: boolean;
  onChange: (isOn: boolean) => void;
}

function Choice({ candidate, isOn, isFull, onChange }: ChoiceProps) {
  const messages = usePositionMessages();
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isOn}
        disabled={!isOn && isFull}
        data-testid={`choose-${candidate.interview_id}`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        <CandidateName candidate={candidate} />{" "}
        <small class="hint">
          {candidate.submitted_at !== null && date(candidate.submitted_at, messages.code)}
          {" · "}
          {messages.pointsOf(number(candidate.points), number(candidate.max_points))}
        </small>
      </span>
    </label>
  );
}

/** The end of an interview's number, which is enough to tell some hundreds apart. */
const SHORT_ID = 6;

/** Names repeat or are missing: the references tell candidates apart. */
export function CandidateName({ candidate }: { candidate: Compared }) {
  const report = useMessages();
  const { name, ref } = candidate.candidate;
  const references = [ref, candidate.interview_id.slice(-SHORT_ID)].filter(Boolean);
  return (
    <span class="candidate-name">
      {name ?? report.noName}{" "}
      <small title={`${report.reference} ${candidate.interview_id}`}>{references.join(" · ")}</small>
    </span>
  );
}
