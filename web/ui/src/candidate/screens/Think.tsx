import { useState } from "preact/hooks";
import { useInterview, useServerTime } from "../context";
import { Countdown } from "../parts/Countdown";
import { CountIn } from "../parts/CountIn";
import { later } from "../parts/later";
import { Notes } from "../parts/Notes";
import { QuestionText } from "../parts/QuestionText";
import { SelfView } from "../parts/SelfView";
import { type Accommodations, currentQuestion, openTake, type Question } from "../view";
import { useWakeLock } from "../wakeLock";

const PromptAgain = later(() => import("../prompt/PromptScreen").then((part) => part.PromptAgain));

export function Think() {
  const { session, view, messages, busy } = useInterview();
  const now = useServerTime();
  const [counting, setCounting] = useState(false);
  useWakeLock();
  const question = currentQuestion(view);
  const take = question && openTake(question);
  if (question === undefined || take === undefined) return null;
  const text = messages.question;
  const connected = session.canRecord.value;
  const deadline = take.think_deadline;
  const over = deadline !== null && deadline <= now;
  const advised = adviceEnd(question, view.accommodations);
  return (
    <div class="answering">
      <div class="answering-main">
        <QuestionText question={question} />
        {question.prompt !== null && <PromptAgain prompt={question.prompt} />}
        <div class="think-clock">
          {deadline !== null && !over && <Countdown deadline={deadline} class="big" audible />}
          {advised !== null && advised > now && <Countdown deadline={advised} class="big" audible />}
          <div>
            <p class="clock-label">{text.think}</p>
            <p class="hint">
              {over
                ? text.thinkOver
                : advised !== null
                  ? text.thinkSoft
                  : deadline === null
                    ? text.thinkUnlimited
                    : text.thinkNote}
            </p>
          </div>
        </div>
        {counting ? (
          <CountIn questionId={question.id} onOver={() => setCounting(false)} />
        ) : (
          <div class="actions">
            <button
              type="button"
              class="primary record-button"
              data-testid="think-start"
              disabled={busy !== null || !connected}
              onClick={() => setCounting(true)}
            >
              {connected ? text.startNow : text.connecting}
            </button>
          </div>
        )}
      </div>
      <aside class="answering-side">
        {!view.accommodations.audio_only && <SelfView />}
        <Notes question={question} />
      </aside>
    </div>
  );
}

/** Where the time to think is only advice: when that advice ends. */
function adviceEnd(question: Question, { untimed, time_factor }: Accommodations): number | null {
  const { think_limit, think_seconds, opened_at } = question;
  if (think_limit !== "soft" || think_seconds === null || opened_at === null || untimed) return null;
  return opened_at + think_seconds * time_factor * 1000;
}
