import { totalOf } from "../addition";
import { useSession } from "../context";

/** How far lost seconds have been added. Says nothing where nothing is being added; nobody has to wait for it. */
export function AddingNote() {
  const session = useSession();
  const total = totalOf([...session.copies.additions.value.values()]);
  if (total === null) return null;
  const text = session.messages.value.adding;
  const seconds = Math.max(1, Math.round(total.ms / 1000));
  const sentence = total.failing
    ? text.failing(seconds)
    : total.share === 1
      ? text.settling(seconds)
      : // Only sending the interview waits for it.
        (session.view.value?.transport === "chunks" ? text.sending(seconds) : text.running(seconds)) +
        (session.screen.value === "submit" ? "" : text.goOn);
  return (
    <section class={`adding ${total.failing ? "waiting" : ""}`} data-testid="adding" data-share={total.share}>
      <p role="status">{sentence}</p>
      <progress max={1} value={total.share} aria-label={text.progress} />
    </section>
  );
}
