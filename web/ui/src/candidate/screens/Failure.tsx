import { problemText } from "../../locales/locale";
import { useSession } from "../context";
import { CertificateButton, DownloadButton, EraseButton } from "../parts/RightsButtons";

/** The interview is over or cannot be shown. */
export function Failure() {
  const session = useSession();
  const messages = session.messages.value;
  const text = messages.failure;
  const problem = session.failure.value;
  const { state, contact } = session.view.value ?? {};
  const over =
    state === "withdrawn" || problem?.code === "interview_withdrawn"
      ? { title: text.withdrawn, body: text.withdrawnText }
      : state === "erased" || problem?.code === "interview_erased"
        ? { title: text.erased, body: text.erasedText }
        : state === "expired" || problem?.code === "interview_expired"
          ? { title: text.expired, body: text.expiredText }
          : null;
  const badLink = problem !== null && [401, 403, 404].includes(problem.status);
  const title = over?.title ?? (badLink ? text.link : text.title);
  const body =
    over?.body ??
    (badLink ? text.linkText : problemText(messages, problem?.code ?? "unknown", problem?.detail ?? ""));
  return (
    <section class="hero">
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{body}</p>
      {contact && (
        <p>
          {messages.contact}: {contact}
        </p>
      )}
      {(state === "withdrawn" || state === "expired") && (
        <div class="actions">
          <DownloadButton />
          <EraseButton />
        </div>
      )}
      {state === "erased" && <CertificateButton />}
      {problem !== null && !over && (
        <button type="button" class="primary" onClick={() => location.reload()}>
          {messages.tryAgain}
        </button>
      )}
      {problem?.requestId && <p class="hint">{text.reference(problem.requestId)}</p>}
    </section>
  );
}
