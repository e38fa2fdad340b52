import { useEffect, useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { useInterview, useServerTime } from "../context";
import { Countdown } from "../parts/Countdown";
import { DeviceBanner } from "../parts/DeviceBanner";
import { LevelMeter } from "../parts/LevelMeter";
import { Notes } from "../parts/Notes";
import { QuestionText } from "../parts/QuestionText";
import { SelfView } from "../parts/SelfView";
import { SlowUplink } from "../parts/SlowUplink";
import { useSavedUpTo } from "../saved";
import { currentQuestion, openTake } from "../view";
import { useWakeLock } from "../wakeLock";

const LIMIT_WARNING_MS = 30_000;

export function Record() {
  const { session, view, messages, busy } = useInterview();
  const now = useServerTime();
  const [hidden, setHidden] = useState(false);
  useWakeLock();
  const question = currentQuestion(view);
  const take = question && openTake(question);
  const saved = useSavedUpTo(take);
  useEffect(() => {
    // Reached from a button that is gone: the stop button is what the keyboard needs next.
    document.querySelector<HTMLElement>("[data-testid=record-stop]")?.focus({ preventScroll: true });
  }, []);
  if (question === undefined || take === undefined) return null;
  const text = messages.question;
  const deadline = take.answer_deadline;
  const left = deadline === null ? null : deadline - now;
  const total = deadline === null || take.started_at === null ? null : deadline - take.started_at;
  const interrupted = take.state === "interrupted";
  const audioOnly = view.accommodations.audio_only;
  return (
    <div class="answering recording">
      <div class="answering-main">
        <div class={`stage ${audioOnly ? "voice" : ""}`}>
          {!audioOnly && !hidden && <SelfView />}
          {!audioOnly && hidden && <p class="stage-note">{text.selfHidden}</p>}
          <p class={`on-air ${interrupted ? "off" : ""}`} data-testid="on-air">
            <span class="dot" aria-hidden="true" />
            {interrupted ? text.interrupted : text.recording}
          </p>
          <p class="stage-clock">
            {deadline === null ? (
              <span class="countdown" role="timer" aria-live="off" data-testid="countdown">
                {clockText(now - (take.started_at ?? now))}
              </span>
            ) : (
              <Countdown deadline={deadline} />
            )}
            <span class="clock-label">{deadline === null ? text.elapsed : text.left}</span>
          </p>
        </div>
        {total !== null && left !== null && (
          <progress
            class={`time-bar ${left <= LIMIT_WARNING_MS ? "soon" : ""}`}
            max={total}
            value={total - left}
            aria-hidden="true"
          />
        )}
        <DeviceBanner />
        <SlowUplink take={take} />
        <div class="record-foot">
          <p class="saved" data-testid="saved-up-to" data-ms={saved ?? 0}>
            {saved === null ? text.notSavedYet : text.saved(clockText(saved))}
          </p>
          <LevelMeter />
          {!audioOnly && (
            <button
              type="button"
              class="quiet"
              aria-pressed={hidden}
              data-testid="self-view"
              onClick={() => setHidden(!hidden)}
            >
              {hidden ? text.showSelf : text.hideSelf}
            </button>
          )}
          <button
            type="button"
            class="primary stop-button"
            data-testid="record-stop"
            disabled={busy !== null}
            onClick={() => session.act("stop", () => session.calls.stopTake(take.id))}
          >
            {busy === "stop" ? text.stopping : text.stop}
          </button>
        </div>
      </div>
      <aside class="answering-side">
        <QuestionText question={question} />
        <Notes question={question} />
      </aside>
    </div>
  );
}
