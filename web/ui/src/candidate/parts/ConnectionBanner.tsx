import { useRef } from "preact/hooks";
import { clockText } from "../../capture/clock";
import { useSession } from "../context";
import { useSavedUpTo } from "../saved";
import { currentQuestion, isRecording, openTake } from "../view";
import { isFull, Queue } from "./full";

/** Says that the media connection is lost, and what is safe all the same. */
export function ConnectionBanner() {
  const session = useSession();
  const view = session.view.value;
  const link = session.media.link.value;
  const fault = session.media.fault.value;
  const messages = session.messages.value;
  const question = view === null ? undefined : currentQuestion(view);
  const take = question && openTake(question);
  const savedUpTo = useSavedUpTo(take);
  const screen = session.screen.value;
  // The first connection of this page is not a loss.
  const wasLive = useRef(false);
  if (link.phase === "live") wasLive.current = true;
  if (link.phase === "off") wasLive.current = false;
  if (!["ready", "think", "record", "review"].includes(screen ?? "")) return null;

  if (fault !== null) {
    const text = messages.faults[fault];
    return (
      <div class="banner" role="alert" data-testid="lost">
        <strong>{text.title}</strong> {text.mend}{" "}
        <button type="button" class="secondary" onClick={() => void session.media.retry()}>
          {messages.tryAgain}
        </button>
      </div>
    );
  }
  // Nothing is lost: it goes another way. A refusal of the media connection is then of no interest.
  if (view?.transport === "chunks") {
    return (
      <div class="banner calm" role="status" data-testid="in-pieces">
        {messages.lost.pieces}
      </div>
    );
  }
  if (isFull(link)) {
    return (
      <div class="banner calm">
        {messages.errors.ingest_full} <Queue />
      </div>
    );
  }
  if (link.phase === "refused") {
    const known = messages.errors as Record<string, string>;
    return (
      <div class="banner" role="alert" data-testid="lost">
        {known[link.code] ?? messages.errors.unknown}{" "}
        <button type="button" class="secondary" onClick={() => void session.media.retry()}>
          {messages.tryAgain}
        </button>
      </div>
    );
  }
  const interrupted = take?.state === "interrupted";
  const trying = link.phase === "waiting" || link.phase === "connecting";
  const lost = interrupted || (trying && (wasLive.current || link.failures > 0));
  if (!lost) return null;
  const recording = take !== undefined && isRecording(take) && savedUpTo !== null;
  return (
    <div class="banner" role="status" data-testid="lost">
      <strong>{messages.lost.title}</strong>{" "}
      {recording ? messages.lost.saved(clockText(savedUpTo)) : messages.lost.nothing}
      {recording && session.copies.copying.value === take.id && ` ${messages.lost.copied}`}
    </div>
  );
}
