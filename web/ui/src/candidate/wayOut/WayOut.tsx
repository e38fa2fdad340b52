import { useRef, useState } from "preact/hooks";
import { useInterview } from "../context";
import { inApp } from "./inApp";
import { placeOf, wayOutMessages } from "./messages";

/** A clear way into a real browser; where this is one (and `always` is not wanted), nothing. */
export function WayOut({ always }: { always: boolean }) {
  const { messages } = useInterview();
  const text = wayOutMessages(messages.code);
  const app = inApp(navigator.userAgent);
  const link = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  if (app === null && !always) return null;

  const copy = async () => {
    // Apps often have no clipboard for pages, or refuse it.
    const done = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    if (done) return setCopied(true);
    link.current?.select();
    setCopied(document.execCommand("copy"));
  };

  return (
    <section class="card fault" role="alert" data-testid="way-out" data-app={app ?? ""}>
      <h2>{text.title(app && text.apps[app])}</h2>
      <p>{text.lead}</p>
      <p>
        <strong>{text.places[placeOf(app)]}</strong>
      </p>
      <p>{text.or}</p>
      <input
        ref={link}
        class="link"
        readOnly
        value={location.href}
        aria-label={text.link}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="actions">
        <button type="button" class="primary" data-testid="copy-link" onClick={() => void copy()}>
          {text.copy}
        </button>
      </div>
      {copied !== null && <p role="status">{copied ? text.copied : text.notCopied}</p>}
    </section>
  );
}
