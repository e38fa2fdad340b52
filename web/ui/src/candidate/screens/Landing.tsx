import { FactList } from "../../FactList";
import { dateTime, zoneName } from "../../locales/locale";
import { useInterview } from "../context";
import { minutesNeeded } from "../estimate";
import { later } from "../parts/later";
import { needsCamera } from "../screen";

const WayOut = later(() => import("../wayOut/WayOut").then((part) => part.WayOut));

/** Whether this browser has what a recording needs; inside some apps it has not. */
const canRecord = () =>
  navigator.mediaDevices?.getUserMedia !== undefined && window.RTCPeerConnection !== undefined;

export function Landing() {
  const { session, view, messages } = useInterview();
  const text = messages.landing;
  const facts = [
    [text.questions, text.questionCount(view.questions.length, view.follow_ups_at_most)],
    [text.time, text.about(minutesNeeded(view))],
    [text.deadline, `${dateTime(view.expires_at, view.locale)} (${zoneName(view.expires_at, view.locale)})`],
    [text.kept, text.keptValue(view.retention_days)],
    [text.seenBy, text.seenByValue(view.organisation)],
    [text.decides, text.decidesValue],
    ...(view.contact ? [[messages.contact, view.contact] as const] : []),
  ] as const;
  return (
    <>
      <section class="hero">
        <p class="eyebrow">{text.invited(view.organisation)}</p>
        <h1 tabIndex={-1}>{view.title}</h1>
        <p class="lead">
          {text.hello(view.candidate_name)}
          {text.intro}
        </p>
        {view.introduction && <p class="introduction">{view.introduction}</p>}
      </section>
      {window.isSecureContext && needsCamera(view) && !canRecord() && <WayOut always />}
      <FactList facts={facts} />
      <section class="card">
        <h2>{text.steps}</h2>
        <ol class="steps">
          {text.step.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p class="hint">{text.need}</p>
      </section>
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="start"
          onClick={() => {
            session.page.value = { ...session.page.value, begun: true };
          }}
        >
          {text.start}
        </button>
      </div>
    </>
  );
}
