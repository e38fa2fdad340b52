/** An answer that is being written: on the screen, in this tab, and on the server as it is typed. */

import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem } from "../api";
import type { CodeChange } from "../code/editor";
import { TypingLog } from "../code/typing";
import { useSession } from "./context";
import type { Question } from "./view";

const SAVE_AFTER_MS = 800;
const LOAD_RETRY_MS = 1_500;

export interface DraftState {
  text: string;
  choice: string[];
  /** What the server kept of it has been looked for. */
  ready: boolean;
  /** It may still come from the server: what is written before that would take its place. */
  coming: boolean;
  write: (text: string, changes?: CodeChange[]) => void;
  choose: (choice: string[]) => void;
  /** What was written is the answer now. */
  handedIn: () => void;
}

/** A full or forbidden store takes nothing: the server's copy is enough then. */
function keepInTab(key: string, draft: string): void {
  try {
    sessionStorage.setItem(key, draft);
  } catch {
    sessionStorage.removeItem(key);
  }
}

export function useDraft(interview: string, question: Question): DraftState {
  const { calls, clock } = useSession();
  // The tab's own copy is newer than the server's by what was typed last.
  const key = `viva-draft-${interview}-${question.id}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  const [choice, setChoice] = useState<string[]>([]);
  const [ready, setReady] = useState(false);
  const log = useRef(new TypingLog(0));
  const now = useRef({ draft: text, choice });
  const unsaved = useRef(false);
  const saving = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isCode = question.kind === "code";

  const save = async () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    if (!unsaved.current || saving.current) return;
    saving.current = true;
    unsaved.current = false;
    const portion = log.current.portion();
    try {
      await calls.saveDraft(question.id, { ...now.current, ...portion });
      log.current.kept(portion);
    } catch {
      // Tried again with the next letter, or when the screen changes.
      unsaved.current = true;
    }
    saving.current = false;
    if (unsaved.current) timer.current ??= setTimeout(save, SAVE_AFTER_MS);
  };
  const changed = () => {
    unsaved.current = true;
    // Counted from the first letter that is not saved: who types without a pause is saved, too.
    timer.current ??= setTimeout(save, SAVE_AFTER_MS);
  };

  useEffect(() => {
    let left = false;
    const take = (draft: string, ticked: string[], edits: number) => {
      if (left) return;
      log.current = new TypingLog(edits);
      const own = now.current.draft;
      if (own === "") {
        now.current = { draft, choice: ticked };
        setText(draft);
        setChoice(ticked);
      } else if (isCode && own !== draft) {
        // What this tab has and the server has not is one edit.
        const at_ms = Math.max(0, Math.round(clock.now() - (question.opened_at ?? clock.now())));
        log.current.add({ at_ms, from: 0, removed: draft.length, inserted: own });
        changed();
      }
      setReady(true);
    };
    const load = () => {
      if (left) return;
      calls.draft(question.id).then(
        (kept) => take(kept.draft, kept.choice, kept.edits),
        (error) => {
          if (asProblem(error).passing) setTimeout(load, LOAD_RETRY_MS);
          else take("", [], 0);
        },
      );
    };
    load();
    return () => {
      left = true;
      void save();
    };
  }, [question.id]);

  return {
    text,
    choice,
    ready,
    coming: !ready && text === "",
    write: (draft, changes = []) => {
      setText(draft);
      now.current = { ...now.current, draft };
      keepInTab(key, draft);
      const at_ms = Math.max(0, Math.round(clock.now() - (question.opened_at ?? clock.now())));
      for (const change of changes) log.current.add({ at_ms, ...change });
      changed();
    },
    choose: (ticked) => {
      setChoice(ticked);
      now.current = { ...now.current, choice: ticked };
      changed();
    },
    handedIn: () => {
      unsaved.current = false;
      clearTimeout(timer.current);
      sessionStorage.removeItem(key);
    },
  };
}
