import { saveFile } from "../../saveFile";
import { useInterview } from "../context";
import { isOpen, type PurposeName } from "../view";

/** What was agreed to: to keep, and to take back. */
export function ConsentList() {
  const { session, view, messages, busy } = useInterview();
  const text = messages.consent;
  const decided = view.purposes.filter((purpose) => purpose.granted !== null);
  if (decided.length === 0) return null;

  const takeBack = (name: PurposeName) => {
    const decisions = decided.map(({ purpose, granted }) => ({
      purpose,
      granted: granted === true && purpose !== name,
    }));
    void session.act("consents", () => session.calls.consents(view, decisions));
  };
  const keep = async () => {
    const copy = await session.calls.consentCopy().catch(() => null);
    if (copy === null) return;
    saveFile(`viva-consent-${view.consent_text_version}.txt`, "text/plain;charset=utf-8", copy);
  };
  return (
    <section class="consents">
      <h3>{text.agreed}</h3>
      <ul>
        {decided.map(({ purpose, title, granted, required }) => (
          <li key={purpose}>
            <span>
              {granted ? "✓" : "–"} {title}
            </span>
            {granted && !required && (
              <button
                type="button"
                class="secondary"
                disabled={busy !== null}
                data-testid={`take-back-${purpose}`}
                aria-label={`${text.takeBack}: ${title}`}
                onClick={() => takeBack(purpose)}
              >
                {text.takeBack}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="hint">{isOpen(view) ? text.takeBackText : text.takeBackLater}</p>
      <button type="button" class="secondary" data-testid="consent-copy" onClick={() => void keep()}>
        {text.keep}
      </button>
    </section>
  );
}
