import { useState } from "preact/hooks";
import { problemText } from "../../locales/locale";
import { useInterview } from "../context";
import { IdentityForm } from "./IdentityForm";
import { identityMessages } from "./messages";

/** To read again what one said about oneself, and to put it right until everything is sent. */
export function OwnDetails() {
  const { session, messages } = useInterview();
  const text = identityMessages(messages.code);
  const [isOpen, setIsOpen] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const notice = session.notice.value;
  return (
    <details
      data-testid="own-details"
      onToggle={(event) => setIsOpen((event.currentTarget as HTMLDetailsElement).open)}
      onInput={() => setIsSaved(false)}
    >
      <summary>{text.correct}</summary>
      {isOpen && (
        <IdentityForm submit={text.save} onSent={() => setIsSaved(true)}>
          <p class="hint">{text.until}</p>
        </IdentityForm>
      )}
      <div role="status">{isSaved && <p class="good">{text.saved}</p>}</div>
      {isOpen && notice !== null && (
        <p class="notice" role="alert">
          {problemText(messages, notice.code, notice.detail)}
        </p>
      )}
    </details>
  );
}
