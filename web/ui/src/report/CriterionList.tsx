import { clockText } from "../capture/clock";
import { number, useMessages, useNames } from "./context";
import type { CriterionScore } from "./types";

interface CriterionListProps {
  questionId: string;
  scores: CriterionScore[];
  onSeek: (ms: number) => void;
}

/** Every criterion with its points and what they rest on: quotes that lead into the recording, or an absence. */
export function CriterionList({ questionId, scores, onSeek }: CriterionListProps) {
  const messages = useMessages();
  const names = useNames();
  if (scores.length === 0) return null;
  return (
    <section class="criteria">
      <h3>{messages.criteria}</h3>
      <ul>
        {scores.map((score) => (
          <li key={score.criterion} class="card" data-testid={`criterion-${score.criterion}`}>
            <p class="criterion-head">
              <strong>{names.criterion(questionId, score.criterion)}</strong>
              <span class="hint">{names.dimension(score.dimension)}</span>
              {score.from_face && <span class="tag">{messages.fromFace}</span>}
              {score.judged_by !== undefined && <span class="tag">{messages.judgedBy(score.judged_by)}</span>}
              <span class="points">
                {score.not_assessed === undefined
                  ? messages.points(number(score.points), number(score.max_points))
                  : messages.criterionNotAssessed}
              </span>
            </p>
            {score.evidence.length > 0 && (
              <ul class="evidence">
                {score.evidence.map((quote, index) => (
                  <li key={`${quote.start_ms} ${index}`}>
                    <button type="button" class="quote" onClick={() => onSeek(quote.start_ms)}>
                      <span class="time">{clockText(quote.start_ms)}</span>
                      <q>{messages.sentence(quote.quote)}</q>
                    </button>
                  </li>
                ))}
              </ul>
            )}
            {score.absence !== undefined && (
              <p class="absence">
                {messages.absence}
                {messages.colon}
                {messages.sentence(score.absence)}
              </p>
            )}
            {score.not_assessed !== undefined && <p class="hint">{messages.sentence(score.not_assessed)}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
