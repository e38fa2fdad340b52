import { useEffect, useRef, useState } from "preact/hooks";
import { clockText } from "../capture/clock";
import { CriterionList } from "./CriterionList";
import { CueFacts } from "./CueFacts";
import { useMessages } from "./context";
import { Recording } from "./Recording";
import type { ReportSource } from "./source";
import { TimelinePlots } from "./TimelinePlots";
import { TranscriptList } from "./TranscriptList";
import { TypedReplay } from "./TypedReplay";
import { type Answer, type Correction, present, type Timelines } from "./types";
import { usePlayhead } from "./usePlayhead";

interface AnswerSectionProps {
  answer: Answer;
  index: number;
  /** The place of the answer that led to this question, where one did. */
  followed: number;
  shown: boolean;
  /** Those of this answer. */
  corrections: Correction[];
  source: ReportSource;
  /** The recording's signed link has ended: fetch the report again. */
  onExpired: () => void;
}

/** One answer: the recording beside its transcript, the curves under it, then criteria with their evidence. */
export function AnswerSection(props: AnswerSectionProps) {
  const { answer, index, followed, shown, corrections, source, onExpired } = props;
  const messages = useMessages();
  const video = useRef<HTMLVideoElement>(null);
  const { ms, seek } = usePlayhead(video);
  const timelines = useTimelines(answer, source);
  const transcript = present(answer.transcript);
  const duration = answer.duration_ms ?? transcript?.segments.at(-1)?.end_ms ?? 0;

  return (
    <section
      class={`answer ${shown ? "" : "hidden"}`}
      id={`answer-${index}`}
      role="tabpanel"
      aria-labelledby={`tab-${index}`}
    >
      <h2>
        <span class="eyebrow">{messages.question(index + 1)}</span> {answer.question}
        <small>
          {answer.duration_ms !== null && ` ${clockText(answer.duration_ms)}`}
          {answer.take !== null && ` · ${messages.take(answer.take)}`}
        </small>
      </h2>
      {answer.follow_up && <FollowUpNote followUp={answer.follow_up} followed={followed} />}
      <div class="answer-grid">
        <div class="answer-video">
          <Recording answer={answer} video={video} onExpired={onExpired} />
          {duration > 0 && (
            <TimelinePlots
              answer={answer}
              timelines={timelines}
              durationMs={duration}
              ms={ms}
              onSeek={seek}
            />
          )}
        </div>
        <div class="answer-text">
          <TranscriptList answer={answer} corrections={corrections} ms={ms} onSeek={seek} />
        </div>
      </div>
      {answer.kind === "code" && <TypedReplay answer={answer} source={source} />}
      <CueFacts answer={answer} />
      <CriterionList questionId={answer.question_id} scores={answer.scores} onSeek={seek} />
    </section>
  );
}

interface FollowUpNoteProps {
  followUp: NonNullable<Answer["follow_up"]>;
  followed: number;
}

/** Why a further question was asked. */
function FollowUpNote({ followUp, followed }: FollowUpNoteProps) {
  const messages = useMessages();
  const { mentioned, lacking, judged } = followUp;
  const n = followed + 1;
  return (
    <p class="hint" data-testid="follow-up">
      {judged !== undefined
        ? messages.followedJudgement(n, judged.statement, judged.model)
        : mentioned !== undefined
          ? messages.followedMention(n, mentioned)
          : messages.followedLack(n, (lacking ?? []).join(messages.comma))}{" "}
      {messages.followUpNote}
    </p>
  );
}

function useTimelines(answer: Answer, source: ReportSource): Timelines | null {
  const [timelines, setTimelines] = useState<Timelines | null>(null);
  useEffect(() => {
    if (answer.take_id === undefined) return;
    // The report is whole without the curves.
    source.timelines(answer.take_id).then(setTimelines, () => undefined);
  }, [answer.take_id, source]);
  return timelines;
}
