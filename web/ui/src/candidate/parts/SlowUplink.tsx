import { useState } from "preact/hooks";
import { useInterview, useServerTime } from "../context";
import { useSavedUpTo } from "../saved";
import type { Take } from "../view";

/** In pieces the server is a second or two behind; so far behind the network does not keep up. */
const BEHIND_MS = 20_000;

/** Where the network does not carry the picture: an offer to go on by voice alone, which may be declined. */
export function SlowUplink({ take }: { take: Take }) {
  const { session, view, messages, busy } = useInterview();
  const now = useServerTime();
  const saved = useSavedUpTo(take);
  const [declined, setDeclined] = useState(false);
  const text = messages.slow;
  const said = take.started_at === null ? 0 : now - take.started_at;
  const behind = view.transport === "chunks" && said - (saved ?? 0) > BEHIND_MS;
  if (declined || view.accommodations.audio_only || !(session.media.slow.value || behind)) return null;
  return (
    <section class="notice" role="status" data-testid="slow-uplink">
      <p>{text.text}</p>
      <div class="actions">
        <button
          type="button"
          class="secondary"
          data-testid="slow-voice"
          disabled={busy !== null}
          onClick={() =>
            session.act("accommodations", () =>
              session.calls.accommodations({ ...view.accommodations, audio_only: true }),
            )
          }
        >
          {text.voice}
        </button>
        <button type="button" class="quiet" data-testid="slow-keep" onClick={() => setDeclined(true)}>
          {text.keep}
        </button>
      </div>
    </section>
  );
}
