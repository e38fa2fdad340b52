import { useEffect, useRef } from "preact/hooks";
import { clockText } from "../capture/clock";
import { percent, useMessages } from "./context";
import { indexAt } from "./curve";
import { type Answer, present } from "./types";

/** Below this a sentence may well be wrong. */
const DOUBTFUL_CONFIDENCE = 0.5;

interface TranscriptListProps {
  answer: Answer;
  ms: number;
  onSeek: (ms: number) => void;
}

/** The sentences; the one being spoken stands out, and a click moves the recording to it. */
export function TranscriptList({ answer, ms, onSeek }: TranscriptListProps) {
  const messages = useMessages();
  const list = useRef<HTMLOListElement>(null);
  const transcript = present(answer.transcript);
  const current = transcript ? indexAt(transcript.segments, ms) : -1;
  useEffect(() => {
    const item = list.current?.children[current];
    if (!(item instanceof HTMLElement) || list.current === null) return;
    // Scrolls the list only, never the page under the reader.
    const top = item.offsetTop - list.current.offsetTop;
    if (
      top < list.current.scrollTop ||
      top + item.offsetHeight > list.current.scrollTop + list.current.clientHeight
    ) {
      list.current.scrollTop = top - 20;
    }
  }, [current]);

  return (
    <>
      <h3>{messages.transcript}</h3>
      {transcript === null ? (
        <p class="hint">
          {messages.criterionNotAssessed}:{" "}
          {"not_assessed" in answer.transcript && messages.sentence(answer.transcript.not_assessed)}
        </p>
      ) : (
        <>
          <p class="hint">
            {answer.kind === "video" && messages.transcriptHint}
            <br />
            {messages.confidence(percent(transcript.mean_confidence))}
          </p>
          <ol class="transcript" ref={list} lang={transcript.language}>
            {transcript.segments.map((segment, index) => (
              <li key={segment.start_ms}>
                <button
                  type="button"
                  class={`sentence ${index === current ? "current" : ""}`}
                  aria-current={index === current ? "true" : undefined}
                  data-testid={`sentence-${index}`}
                  onClick={() => onSeek(segment.start_ms)}
                >
                  <span class="time">{clockText(segment.start_ms)}</span>
                  <span class={segment.confidence < DOUBTFUL_CONFIDENCE ? "doubtful" : ""}>
                    {segment.text}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}
