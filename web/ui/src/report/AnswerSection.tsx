import { useEffect, useRef, useState } from "preact/hooks";
import { clockText } from "../capture/clock";
import { CriterionList } from "./CriterionList";
import { number, percent, useMessages } from "./context";
import type { ReportSource } from "./source";
import { TimelinePlots } from "./TimelinePlots";
import { TranscriptList } from "./TranscriptList";
import { TypedReplay } from "./TypedReplay";
import { type Answer, present, type Timelines } from "./types";
import { usePlayhead } from "./usePlayhead";

interface AnswerSectionProps {
  answer: Answer;
  index: number;
  shown: boolean;
  source: ReportSource;
  /** The recording's signed link has ended: fetch the report again. */
  onExpired: () => void;
}

/** One answer: the recording beside its transcript, the curves under it, then criteria with their evidence. */
export function AnswerSection({ answer, index, shown, source, onExpired }: AnswerSectionProps) {
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
          <TranscriptList answer={answer} ms={ms} onSeek={seek} />
        </div>
      </div>
      {answer.kind === "code" && <TypedReplay answer={answer} source={source} />}
      <CueFacts answer={answer} />
      <CriterionList scores={answer.scores} onSeek={seek} />
    </section>
  );
}

interface RecordingProps {
  answer: Answer;
  video: { current: HTMLVideoElement | null };
  onExpired: () => void;
}

function Recording({ answer, video, onExpired }: RecordingProps) {
  const messages = useMessages();
  const [url, setUrl] = useState(answer.recording_url);
  const [failed, setFailed] = useState(false);
  const resumeAt = useRef(0);
  const asked = useRef(false);
  useEffect(() => {
    // A fresh link is taken only when the one in use has failed: else the video would start over.
    if (failed && answer.recording_url !== url) {
      setUrl(answer.recording_url);
      setFailed(false);
    }
  }, [answer.recording_url, failed]);
  if (url === null) return <p class="card no-recording">{messages.noRecording}</p>;
  return (
    <>
      <video
        ref={video}
        class="player"
        controls
        playsInline
        preload="metadata"
        src={url}
        data-testid="recording"
        onLoadedMetadata={(event) => {
          asked.current = false;
          if (resumeAt.current > 0) event.currentTarget.currentTime = resumeAt.current;
        }}
        onError={(event) => {
          resumeAt.current = event.currentTarget.currentTime;
          setFailed(true);
          if (!asked.current) onExpired();
          asked.current = true;
        }}
      />
      {failed && <p class="notice">{messages.recordingFailed}</p>}
    </>
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

/** The cues of an answer as plain figures. */
function CueFacts({ answer }: { answer: Answer }) {
  const messages = useMessages();
  const names = messages.facts;
  const speech = present(answer.cues.speech);
  const face = present(answer.cues.face);
  const facts: [string, string][] = [];
  if (speech) {
    facts.push([names.speech, clockText(speech.speech_ms)]);
    if (speech.first_word_ms !== null)
      facts.push([names.firstWord, `${(speech.first_word_ms / 1000).toFixed(1)} s`]);
    const rate = speech.words_per_minute ?? speech.characters_per_minute;
    const unit = speech.words_per_minute !== null ? messages.perMinuteWords : messages.perMinuteCharacters;
    if (rate !== null && rate !== undefined) facts.push([names.rate, `${Math.round(rate)} ${unit}`]);
    facts.push([names.pauses, messages.times(speech.pauses.length)]);
    facts.push([names.fillers, messages.times(speech.fillers.length)]);
    if (speech.loudness_dbfs) facts.push([names.loudness, `${number(speech.loudness_dbfs.median)} dBFS`]);
  }
  if (face) {
    facts.push([names.inFrame, messages.shareOfTime(percent(face.in_frame_share))]);
    if (face.smile) {
      const { count, share } = face.smile;
      facts.push([names.smile, `${messages.times(count)}, ${messages.shareOfTime(percent(share))}`]);
    }
    if (face.camera_facing)
      facts.push([names.facing, messages.shareOfTime(percent(face.camera_facing.share))]);
  }
  if (facts.length === 0) return null;
  return (
    <dl class="facts cue-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
