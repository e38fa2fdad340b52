import { useSession } from "./context";
import type { Take } from "./view";

/** Milliseconds of the take that are safe at the server; `null` before the first word about it. */
export function useSavedUpTo(take: Take | undefined): number | null {
  const pushed = useSession().saved.value;
  if (take === undefined) return null;
  const ofPush = pushed?.takeId === take.id ? pushed.ms : null;
  if (ofPush === null) return take.saved_up_to_ms;
  return Math.max(ofPush, take.saved_up_to_ms ?? 0);
}
