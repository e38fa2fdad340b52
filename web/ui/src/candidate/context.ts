import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Session } from "./session";
import type { View } from "./view";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("a component outside of the session");
  return session;
}

/** Session, view and messages, for screens that are shown only once there is a view. */
export function useInterview() {
  const session = useSession();
  const view = session.view.value as View;
  return { session, view, messages: session.messages.value, busy: session.busy.value };
}

/** The server's time, refreshed four times a second. */
export function useServerTime(): number {
  const { clock } = useSession();
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), 250);
    return () => clearInterval(timer);
  }, [clock]);
  return now;
}
