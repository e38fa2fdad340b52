import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useInterview } from "../context";
import { DownloadButton, EraseButton, WithdrawButton } from "../parts/RightsButtons";
import { StoredList } from "../parts/StoredList";
import { Survey } from "../parts/Survey";

const STAGES = ["submitted", "analysed", "decided"] as const;

export function Done() {
  const { view, messages } = useInterview();
  const text = messages.done;
  const Result = usePart(view.state === "analysed" || view.state === "decided", () =>
    import("../result/OwnResult").then(({ OwnResult }) => OwnResult),
  );
  const Demographics = usePart(view.demographics_asked, () =>
    import("../fairness/Demographics").then((part) => part.Demographics),
  );
  const reached = STAGES.indexOf(view.state as (typeof STAGES)[number]);
  return (
    <>
      <section class="hero" data-testid="done">
        <p class="seal" aria-hidden="true">
          ✓
        </p>
        <h1 tabIndex={-1}>{text.title}</h1>
        <p class="lead">{text.lead(view.organisation)}</p>
        <p>{text.human}</p>
      </section>
      <ol class="status" aria-label={text.status}>
        {STAGES.map((stage, index) => (
          <li key={stage} aria-current={index === reached ? "step" : undefined}>
            <span aria-hidden="true">{index <= reached ? "✓" : "…"}</span> {text.stages[stage]}
          </li>
        ))}
      </ol>
      <dl class="facts">
        <div>
          <dt>{text.reference}</dt>
          <dd class="reference">{view.interview_id}</dd>
        </div>
        <div>
          <dt>{text.kept}</dt>
          <dd>{messages.days(view.retention_days)}</dd>
        </div>
        {view.contact && (
          <div>
            <dt>{messages.contact}</dt>
            <dd>{view.contact}</dd>
          </div>
        )}
      </dl>
      <StoredList />
      {Result !== null && <Result />}
      <Survey />
      {Demographics !== null && <Demographics />}
      <section class="card">
        <h2>{text.rights}</h2>
        <p class="hint">{messages.help.downloadText}</p>
        <DownloadButton />
        <p class="hint">{messages.help.withdrawText}</p>
        <WithdrawButton />
        <p class="hint">{messages.help.eraseText}</p>
        <EraseButton />
      </section>
    </>
  );
}

/** A part of the page that is fetched only once it is wanted. */
function usePart(isWanted: boolean, load: () => Promise<FunctionComponent>): FunctionComponent | null {
  const [part, setPart] = useState<{ show: FunctionComponent } | null>(null);
  useEffect(() => {
    if (isWanted)
      load().then(
        (show) => setPart({ show }),
        () => undefined,
      );
  }, [isWanted]);
  return part?.show ?? null;
}
