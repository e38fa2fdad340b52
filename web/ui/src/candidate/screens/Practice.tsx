import { useEffect, useRef, useState } from "preact/hooks";
import { type Hint, hintsOf } from "../../capture/practice";
import { Rehearsal } from "../../capture/rehearsal";
import { useInterview } from "../context";
import { SelfView } from "../parts/SelfView";

interface Result {
  url: string | null;
  hints: Hint[];
}

/** A question that does not count, as often as one likes. What is said stays in this page and goes with it. */
export function Practice() {
  const { session, view, messages } = useInterview();
  const text = messages.practice;
  const stream = session.media.stream.value;
  const stage = useRef<HTMLDivElement>(null);
  const running = useRef<Rehearsal | null>(null);
  const [recording, setRecording] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  useEffect(() => () => void running.current?.stop(), []);
  useEffect(() => () => void (result?.url && URL.revokeObjectURL(result.url)), [result]);

  const start = () => {
    if (stream === null) return;
    setResult(null);
    running.current = new Rehearsal(stream, stage.current?.querySelector("video") ?? null, () => void stop());
    setRecording(true);
  };
  const stop = async () => {
    const rehearsal = running.current;
    running.current = null;
    if (rehearsal === null) return;
    const { recording: blob, measures } = await rehearsal.stop();
    setRecording(false);
    setResult({ url: blob && URL.createObjectURL(blob), hints: hintsOf(measures) });
  };
  const leave = () => {
    session.page.value = { ...session.page.value, practising: false };
  };

  return (
    <>
      <p class="eyebrow">{text.eyebrow}</p>
      <h1 tabIndex={-1}>{text.question}</h1>
      <p class="lead">{text.lead}</p>
      {result === null ? (
        !view.accommodations.audio_only && (
          <div class="stage" ref={stage}>
            <SelfView />
          </div>
        )
      ) : (
        <>
          {result.url !== null && (
            <video
              class="player"
              controls
              playsInline
              src={result.url}
              aria-label={text.watch}
              data-testid="practice-player"
            />
          )}
          <section class="card" aria-live="polite" data-testid="practice-hints">
            <h2>{text.hintsTitle}</h2>
            <ul class="hints">
              {result.hints.map((hint) => (
                <li key={hint}>{text.hints[hint]}</li>
              ))}
            </ul>
            <p class="hint">{text.onlyYou}</p>
          </section>
        </>
      )}
      <div class="actions">
        {recording ? (
          <button
            type="button"
            class="primary stop-button"
            data-testid="practice-stop"
            onClick={() => void stop()}
          >
            {messages.question.stop}
          </button>
        ) : (
          <button
            type="button"
            class={result === null ? "primary record-button" : "secondary"}
            data-testid="practice-start"
            disabled={stream === null}
            onClick={start}
          >
            {result === null ? text.start : text.again}
          </button>
        )}
        <button
          type="button"
          class={result === null ? "secondary" : "primary"}
          data-testid="practice-leave"
          onClick={leave}
        >
          {text.leave}
        </button>
      </div>
    </>
  );
}
