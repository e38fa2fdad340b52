import { useState } from "preact/hooks";

interface ReplyFormProps {
  label: string;
  send: string;
  cancel: string;
  /** As the server takes it, in characters. */
  longest: number;
  text: string;
  /** Resolves once it went through or not. */
  onSend: (text: string) => Promise<void>;
  onCancel: () => void;
  testid: string;
}

/** Words of the candidate that go to the hiring team. */
export function ReplyForm({ label, send, cancel, longest, text, onSend, onCancel, testid }: ReplyFormProps) {
  const [draft, setDraft] = useState(text);
  const [sending, setSending] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setSending(true);
        void onSend(draft).finally(() => setSending(false));
      }}
    >
      <label>
        {label}
        <textarea
          rows={3}
          maxLength={longest}
          value={draft}
          data-testid={`${testid}-text`}
          onInput={(event) => setDraft(event.currentTarget.value)}
        />
      </label>
      <button
        type="submit"
        class="primary"
        disabled={sending || draft.trim() === ""}
        data-testid={`${testid}-send`}
      >
        {send}
      </button>{" "}
      <button type="button" class="quiet" onClick={onCancel}>
        {cancel}
      </button>
    </form>
  );
}
