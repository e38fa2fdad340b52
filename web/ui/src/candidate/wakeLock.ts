import { useEffect } from "preact/hooks";

/** Keeps a phone's screen on: a locked phone stops sending its camera. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const acquire = async () => {
      try {
        const acquired = await navigator.wakeLock?.request("screen");
        if (over) await acquired?.release();
        else lock = acquired ?? null;
      } catch {
        // Refused on low battery; nothing else depends on it.
      }
    };
    // The system takes it away whenever the page is hidden.
    const again = () => !document.hidden && void acquire();
    document.addEventListener("visibilitychange", again);
    void acquire();
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", again);
      void lock?.release().catch(() => undefined);
    };
  }, []);
}
