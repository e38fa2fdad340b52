import { useEffect, useRef } from "preact/hooks";
import { clockText } from "../capture/clock";
import { percent, useMessages } from "./context";
import { indexAt } from "./curve";
import { type Answer, type Correction, present, type Segment } from "./types";

/** Below this what was understood may well be wrong. */
const DOUBTFUL_CONFIDENCE = 0.5;

interface TranscriptListProps {
  answer: Answer;
  corrections: Correction[];
  ms: number;
  onSeek: (ms: number) => void;
}

/** The sentences; the one being spoken stands out, and a click moves the recording to it. */
export function TranscriptList({ answer, corrections, ms, onSeek }: TranscriptListProps) {
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
          {messages.criterionNotAssessed}
          {messages.colon}
          {"not_assessed" in answer.transcript && messages.sentence(answer.transcript.not_assessed)}
        </p>
      ) : (
        <>
          <p class="hint">
            {answer.kind === "video" && (
              <span class="pointer-hint">
                {messages.transcriptHint}
                <br />
              </span>
            )}
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
                  <span>
                    <Heard segment={segment} separator={transcript.language === "zh" ? "" : " "} />
                    {corrections.some((each) => each.start_ms === segment.start_ms) && (
                      <small class="tag">{messages.corrected}</small>
                    )}
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

/** The text, with what is doubtful marked: word by word where the words make up the text. */
function Heard({ segment, separator }: { segment: Segment; separator: string }) {
  const words = segment.words ?? [];
  if (words.length === 0 || words.map((word) => word.text).join(separator) !== segment.text)
    return <span class={mark(segment.confidence)}>{segment.text}</span>;
  return (
    <>
      {words.map((word, index) => (
        <span key={`${word.start_ms} ${word.text}`}>
          {index > 0 && separator}
          <span class={mark(word.confidence)}>{word.text}</span>
        </span>
      ))}
    </>
  );
}

function mark(confidence: number): string {
  return confidence < DOUBTFUL_CONFIDENCE ? "doubtful" : "";
}
