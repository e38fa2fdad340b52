import { useState } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { GAP_MS } from "../addition";
import { useInterview } from "../context";
import { CountIn } from "../parts/CountIn";
import { currentQuestion, newestTake, type Recording, type Take } from "../view";

export function Review() {
  const { session, view, messages, busy } = useInterview();
  const [picked, setPicked] = useState<string | null>(null);
  const [counting, setCounting] = useState(false);
  const question = currentQuestion(view);
  if (question === undefined) return null;
  const newest = newestTake(question);
  const take = question.takes.find((each) => each.id === picked) ?? newest;
  if (take === undefined) return null;
  const text = messages.review;
  const left = question.takes_left;
  const connected = session.canRecord.value;
  const usable = take.state === "recorded" && take.recording !== null;
  const addition = session.copies.additions.value.get(take.id);
  // Nothing of it arrived; the browser's own copy may bring it back.
  const returning = take.state === "faulted" && addition !== undefined && addition.phase !== "lost";
  const waiting = returning || (take.state === "recorded" && take.recording === null);

  return (
    <>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="question-hint" data-testid="question-text">
        {question.text}
      </p>
      {question.takes.length > 1 && (
        <div class="segments" role="group" aria-label={text.title}>
          {question.takes.map((each) => (
            <button
              type="button"
              key={each.id}
              aria-pressed={each.id === take.id}
              onClick={() => setPicked(each.id)}
            >
              {text.takeNumber(each.number)}
            </button>
          ))}
        </div>
      )}
      {waiting && (
        <p class="card" role="status">
          {text.checking}
        </p>
      )}
      {take.state === "faulted" && !returning && (
        <p class="notice" role="alert">
          {text.faulted}
        </p>
      )}
      {take.is_spoilt && left > 0 && (
        <p class="notice" role="status" data-testid="spoilt">
          {text.spoilt}
        </p>
      )}
      {usable && <TakeReview key={`${take.id} ${take.recording?.sha256}`} take={take} />}
      {addition?.phase === "lost" && take.state !== "faulted" && (
        <p class="notice" role="status" data-testid="lost-for-good" data-ms={addition.ms}>
          {messages.adding.lost(Math.max(1, Math.round(addition.ms / 1000)))}{" "}
          {left > 0 ? messages.adding.lostAgain : messages.adding.lostUse}
        </p>
      )}
      {counting ? (
        <CountIn
          questionId={question.id}
          onOver={() => {
            setPicked(null);
            setCounting(false);
          }}
        />
      ) : (
        <div class="actions">
          <button
            type="button"
            class="primary"
            data-testid="review-accept"
            disabled={!usable || busy !== null}
            onClick={() =>
              session.act("answer", () => session.calls.answer(question.id, { take_id: take.id }))
            }
          >
            {text.use}
          </button>
          <button
            type="button"
            class="secondary"
            data-testid="review-again"
            disabled={left === 0 || waiting || busy !== null || !connected}
            onClick={() => setCounting(true)}
          >
            {text.again}
          </button>
          <p class="hint">{left === 0 ? text.noneLeft : `${text.left(left)} · ${text.againNote}`}</p>
        </div>
      )}
    </>
  );
}

function TakeReview({ take }: { take: Take }) {
  const { session, view, messages } = useInterview();
  const text = messages.review;
  // A view pushed later carries a new signature for the same file: the player keeps the one it has.
  const [url, setUrl] = useState(take.media_url);
  const recording = take.recording as Recording;
  const audioOnly = view.accommodations.audio_only;
  const source = url ?? take.media_url;
  const doubtful = (!recording.has_video && !audioOnly) || !recording.has_audio || !recording.sound_detected;
  const noPicture = audioOnly ? messages.check.cameraOff : text.pictureNo;
  const picture = recording.has_video ? text.pictureYes(recording.width, recording.height) : noPicture;
  const sound = !recording.has_audio
    ? text.soundNo
    : recording.sound_detected
      ? text.soundYes
      : text.soundQuiet;
  return (
    <div class="review">
      {source !== null && (
        <video
          class="player"
          controls
          playsInline
          preload="metadata"
          src={source}
          data-testid="review-player"
          onError={() => {
            // Signed links end; a fresh view brings a fresh one.
            const fresh = session.view
              .peek()
              ?.questions.flatMap((q) => q.takes)
              .find((t) => t.id === take.id);
            if (fresh?.media_url && fresh.media_url !== url) setUrl(fresh.media_url);
          }}
        />
      )}
      <section class="found">
        <h2>{text.found}</h2>
        <dl class="facts">
          <Fact name={text.duration} value={clockText(recording.duration_ms)} good />
          <Fact
            name={text.picture}
            value={withGap(picture, recording.video_gap_ms)}
            good={recording.has_video || audioOnly}
          />
          <Fact
            name={text.sound}
            value={withGap(sound, recording.audio_gap_ms)}
            good={recording.sound_detected}
          />
        </dl>
        {doubtful && <p class="notice">{text.warn}</p>}
      </section>
    </div>
  );

  function withGap(value: string, gap: number): string {
    return gap < GAP_MS ? value : `${value} (${text.gap((gap / 1000).toFixed(1))})`;
  }
}

function Fact({ name, value, good }: { name: string; value: string; good: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={good ? "" : "bad"}>{value}</dd>
    </div>
  );
}
