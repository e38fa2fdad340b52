import { dateTime } from "../../locales/locale";
import { useInterview } from "../context";
import { queueMessages } from "./messages";

/** How many come before while every place of the server is taken, and that the deadline is kept. */
export function Queue() {
  const { session, view, messages } = useInterview();
  const link = session.media.link.value;
  const queue = link.phase === "waiting" || link.phase === "connecting" ? link.queue : null;
  const text = queueMessages(messages.code);
  return (
    <span class="hint" role="status" data-testid="queue" data-place={queue?.place}>
      {queue != null && text.place(queue.place, messages.minutes(Math.max(1, Math.ceil(queue.seconds / 60))))}{" "}
      {view.transport === "chunks" ? text.needNotWait : text.byItself}{" "}
      {text.deadline(dateTime(view.expires_at, view.locale))}
    </span>
  );
}
