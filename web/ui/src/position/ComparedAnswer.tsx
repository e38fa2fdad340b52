import { useRef } from "preact/hooks";
import { CriterionList } from "../report/CriterionList";
import { useMessages } from "../report/context";
import { Recording } from "../report/Recording";
import { TranscriptList } from "../report/TranscriptList";
import { usePlayhead } from "../report/usePlayhead";
import { CandidateName } from "./Compare";
import { usePositionMessages } from "./context";
import type { Compared } from "./types";

interface ComparedAnswerProps {
  candidate: Compared;
  onExpired: () => void;
}

/** One candidate's answer: the recording beside its transcript, and the criteria with their evidence. */
export function ComparedAnswer({ candidate, onExpired }: ComparedAnswerProps) {
  const messages = usePositionMessages();
  const report = useMessages();
  const video = useRef<HTMLVideoElement>(null);
  const { ms, seek } = usePlayhead(video);
  const { answer } = candidate;
  if (answer === undefined) return null;
  return (
    <article class="card compared" data-testid={`compared-${candidate.interview_id}`}>
      <h2>
        <CandidateName candidate={candidate} />{" "}
        <small>
          {report.queues[candidate.queue]} · <a href={candidate.report_url}>{messages.wholeReport}</a>
        </small>
      </h2>
      <div class="compared-grid">
        <div>
          <Recording answer={answer} video={video} onExpired={onExpired} />
        </div>
        <div class="answer-text">
          <TranscriptList answer={answer} corrections={[]} ms={ms} onSeek={seek} />
        </div>
        <CriterionList questionId={answer.question_id} scores={answer.scores} onSeek={seek} />
      </div>
    </article>
  );
}
