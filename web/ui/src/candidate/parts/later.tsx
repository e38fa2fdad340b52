import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../context";

/** A part of the page that is fetched only when it is first shown; `onShown` is called each time it is. */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  onShown?: () => void,
): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Later(props: P) {
    const messages = useSession().messages.value;
    const [Part, setPart] = useState<{ show: ComponentType<P> } | null>(loaded && { show: loaded });
    const [failed, setFailed] = useState(false);
    const fetchPart = () => {
      setFailed(false);
      load().then(
        (part) => {
          loaded = part;
          setPart({ show: part });
        },
        () => setFailed(true),
      );
    };
    useEffect(() => {
      if (Part === null) fetchPart();
    }, []);
    useEffect(() => {
      if (Part !== null) onShown?.();
    }, [Part]);
    if (Part !== null) return <Part.show {...props} />;
    if (!failed) return <p class="loading">{messages.loading}</p>;
    return (
      <div class="card" role="alert">
        <p>{messages.errors.offline}</p>
        <button type="button" class="primary" onClick={fetchPart}>
          {messages.tryAgain}
        </button>
      </div>
    );
  };
}
