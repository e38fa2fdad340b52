import { useEffect, useState } from "preact/hooks";
import { FactList } from "../FactList";
import { useMessages } from "./context";
import type { ReportSource } from "./source";
import type { IdentityValue } from "./types";

/** What the candidate said about themselves, where the position asks for it. */
export function IdentityFacts({ source }: { source: ReportSource }) {
  const messages = useMessages();
  const [fields, setFields] = useState<IdentityValue[]>([]);
  useEffect(() => {
    // The report is whole without it.
    source.identity().then(setFields, () => undefined);
  }, [source]);
  if (fields.length === 0) return null;
  return (
    <section class="card" data-testid="identity">
      <h2>{messages.identity}</h2>
      <p class="hint">{messages.identityHint}</p>
      <FactList facts={fields.map(({ label, value }) => [label, value] as const)} />
    </section>
  );
}
