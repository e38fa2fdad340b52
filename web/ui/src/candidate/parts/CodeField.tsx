import { useEffect, useRef, useState } from "preact/hooks";
import { useInterview } from "../context";
import type { DraftState } from "../draft";

interface CodeFieldProps {
  draft: DraftState;
  longest: number;
}

/** The editor for code; a plain field until it is there, and where it does not come. */
export function CodeField({ draft, longest }: CodeFieldProps) {
  const { messages } = useInterview();
  const text = messages.text;
  const place = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const latest = useRef(draft);
  latest.current = draft;
  useEffect(() => {
    if (!draft.ready) return;
    let close: (() => void) | undefined;
    let left = false;
    import("../../code/editor").then(
      ({ openEditor }) => {
        if (left || place.current === null) return;
        close = openEditor(place.current, {
          text: latest.current.text,
          label: text.code,
          longest,
          onChange: (code, changes) => latest.current.write(code, changes),
        });
      },
      () => setFailed(true),
    );
    return () => {
      left = true;
      close?.();
    };
  }, [draft.ready]);
  return (
    <div class="written">
      <span class="label">{text.code}</span>
      <span class="hint">{text.codeHint}</span>
      {failed ? (
        <textarea
          class="code"
          rows={12}
          maxLength={longest}
          spellcheck={false}
          value={draft.text}
          aria-label={text.code}
          data-testid="answer-text"
          onInput={(event) => {
            const inserted = event.currentTarget.value;
            draft.write(inserted, [{ from: 0, removed: draft.text.length, inserted }]);
          }}
        />
      ) : (
        <div ref={place} class="code-editor" data-testid="code-editor" />
      )}
    </div>
  );
}
