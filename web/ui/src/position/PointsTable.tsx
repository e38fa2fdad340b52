import { number, useMessages, useNames } from "../report/context";
import { CandidateName } from "./Compare";
import { usePositionMessages } from "./context";
import type { Compared } from "./types";

interface PointsTableProps {
  questionId: string;
  shown: Compared[];
  /** The position's, in its order. */
  criteria: string[];
}

/** Points of each candidate by criterion, in the same order for all. */
export function PointsTable({ questionId, shown, criteria }: PointsTableProps) {
  const messages = usePositionMessages();
  const report = useMessages();
  const names = useNames();
  const scores = (candidate: Compared) => candidate.answer?.scores ?? [];
  const others = shown.flatMap(scores).map((score) => score.criterion);
  const rows = [...new Set([...criteria, ...others])];
  const points = (candidate: Compared, criterion: string) => {
    const score = scores(candidate).find((each) => each.criterion === criterion);
    if (score === undefined) return messages.notAsked;
    return score.not_assessed === undefined
      ? report.points(number(score.points), number(score.max_points))
      : report.criterionNotAssessed;
  };
  return (
    <section class="card">
      <h2>{messages.pointsTitle}</h2>
      <p class="hint">{messages.pointsHint}</p>
      <div class="scroller" role="region" aria-label={messages.pointsTitle} tabIndex={0}>
        <table class="numbers" data-testid="points">
          <thead>
            <tr>
              <th scope="col">{messages.criterion}</th>
              {shown.map((candidate) => (
                <th scope="col" key={candidate.interview_id}>
                  <CandidateName candidate={candidate} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((criterion) => (
              <tr key={criterion}>
                <th scope="row">{names.criterion(questionId, criterion)}</th>
                {shown.map((candidate) => (
                  <td key={candidate.interview_id}>{points(candidate, criterion)}</td>
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{messages.thisQuestion}</th>
              {shown.map((candidate) => (
                <td key={candidate.interview_id}>
                  {report.points(number(candidate.points), number(candidate.max_points))}
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">{messages.wholeInterview}</th>
              {shown.map((candidate) => (
                <td key={candidate.interview_id}>
                  {candidate.score === null
                    ? report.criterionNotAssessed
                    : `${number(candidate.score)} / 100`}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      {shown.some((candidate) => candidate.other_rubric) && <p class="notice">{messages.otherRubric}</p>}
    </section>
  );
}
