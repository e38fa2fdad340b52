import { useEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../context";
import type { Question } from "../view";

const SAVE_AFTER_MS = 800;

/** Scratch paper: kept on the server for a reload or another device, and for nobody else. */
export function Notes({ question }: { question: Question }) {
  const session = useSession();
  const messages = session.messages.value;
  const [notes, setNotes] = useState(question.notes);
  const unsaved = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const save = () => {
    clearTimeout(timer.current);
    const text = unsaved.current;
    unsaved.current = null;
    if (text === null) return;
    session.calls.notes(question.id, text).catch(() => {
      // Tried again with the next letter, or when the screen changes.
      unsaved.current ??= text;
    });
  };
  useEffect(() => save, []);

  return (
    <label class="notes">
      <span class="label">{messages.question.notes}</span>
      <span class="hint">{messages.question.notesHint}</span>
      <textarea
        rows={4}
        maxLength={20_000}
        value={notes}
        data-testid="notes"
        onInput={(event) => {
          setNotes(event.currentTarget.value);
          unsaved.current = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(save, SAVE_AFTER_MS);
        }}
        onBlur={save}
      />
    </label>
  );
}
