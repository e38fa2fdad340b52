/** The editor for code, loaded only where a question asks for code. */

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { EditorState, type TransactionSpec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";

export interface CodeChange {
  from: number;
  removed: number;
  inserted: string;
}

interface EditorOptions {
  text: string;
  /** Names the field for those who do not see it. */
  label: string;
  longest: number;
  onChange: (text: string, changes: CodeChange[]) => void;
}

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.95rem" },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "2px" },
  ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--ink)", minHeight: "14rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--ink-soft)", backgroundColor: "var(--paper)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ink) 6%, transparent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--focus) 30%, transparent) !important",
  },
});

/**
 * Puts an editor into `parent`; gives the way to take it out again. It lives in a shadow tree, where its styles are
 * constructed sheets: the content security policy allows no `style` elements.
 */
export function openEditor(
  parent: HTMLElement,
  { text, label, longest, onChange }: EditorOptions,
): () => void {
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        indentOnInput(),
        indentUnit.of("    "),
        highlightActiveLine(),
        EditorView.lineWrapping,
        // Tab leaves the field, as the keyboard's users need it to.
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "data-testid": "answer-code",
          spellcheck: "false",
          autocapitalize: "off",
        }),
        EditorState.transactionFilter.of((transaction): TransactionSpec | readonly TransactionSpec[] =>
          transaction.docChanged && transaction.newDoc.length > longest ? [] : transaction,
        ),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const changes: CodeChange[] = [];
          update.changes.iterChanges((from, until, _from, _until, inserted) => {
            changes.push({ from, removed: until - from, inserted: inserted.toString() });
          });
          // Places are those of before: from the end on, none moves another.
          onChange(update.state.doc.toString(), changes.reverse());
        }),
        look,
      ],
    }),
  });
  return () => view.destroy();
}
