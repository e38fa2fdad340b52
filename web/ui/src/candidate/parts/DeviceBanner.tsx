import { useEffect, useState } from "preact/hooks";
import { watchLevel } from "../../capture/level";
import { useSession } from "../context";

const SILENT_AFTER_MS = 5_000;
/** Above a quiet room; see `meter`. */
const HEARD_LEVEL = 0.2;
const LOW_BATTERY = 0.15;
/** A glance at another tab is no interruption. */
const AWAY_MS = 1_500;
/** So long the page tells that it was away. */
const TOLD_MS = 15_000;

interface Battery extends EventTarget {
  level: number;
  charging: boolean;
}

/**
 * While a take records: what the system took away, a microphone that hears nothing, a page that was in the background, a
 * disk without room and a battery that may not last. One at a time, the gravest first.
 */
export function DeviceBanner() {
  const { media, messages, copies } = useSession();
  const text = messages.value.device;
  const stream = media.stream.value;
  const muted = { sound: useMuted(stream, "audio"), picture: useMuted(stream, "video") };
  const silent = useSilence(stream);
  const awayMs = useAway();
  const low = useLowBattery();
  const told =
    muted.sound && muted.picture
      ? text.call
      : muted.sound
        ? text.muted
        : muted.picture
          ? text.cameraPaused
          : silent
            ? text.silent
            : awayMs !== null
              ? text.away(Math.round(awayMs / 1000))
              : copies.noRoom.value
                ? text.storage
                : low
                  ? text.battery
                  : null;
  if (told === null) return null;
  return (
    <p class="notice" role="status" data-testid="device-banner">
      {told}
    </p>
  );
}

/** Whether the system gives nothing of a device that is open: a switch on a headset, or a phone call. */
function useMuted(stream: MediaStream | null, kind: "audio" | "video"): boolean {
  const [muted, setMuted] = useState(false);
  useEffect(() => {
    const track = stream?.getTracks().find((each) => each.kind === kind);
    const follow = () => setMuted(track?.muted === true);
    follow();
    track?.addEventListener("mute", follow);
    track?.addEventListener("unmute", follow);
    return () => {
      track?.removeEventListener("mute", follow);
      track?.removeEventListener("unmute", follow);
    };
  }, [stream, kind]);
  return muted;
}

function useSilence(stream: MediaStream | null): boolean {
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    setSilent(false);
    if (stream === null) return;
    let heardAt = performance.now();
    return watchLevel(stream, (level) => {
      const now = performance.now();
      if (level > HEARD_LEVEL) heardAt = now;
      setSilent(now - heardAt > SILENT_AFTER_MS);
    });
  }, [stream]);
  return silent;
}

/** How long the page was in the background, told for a while after it came back: a locked screen, another app. */
function useAway(): number | null {
  const [away, setAway] = useState<number | null>(null);
  useEffect(() => {
    let hiddenAt: number | null = null;
    let timer: ReturnType<typeof setTimeout>;
    const follow = () => {
      if (document.hidden) {
        hiddenAt ??= Date.now();
        return;
      }
      const lasted = hiddenAt === null ? 0 : Date.now() - hiddenAt;
      hiddenAt = null;
      if (lasted < AWAY_MS) return;
      clearTimeout(timer);
      setAway(lasted);
      timer = setTimeout(() => setAway(null), TOLD_MS);
    };
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }, []);
  return away;
}

function useLowBattery(): boolean {
  const [low, setLow] = useState(false);
  useEffect(() => {
    let battery: Battery | null = null;
    const follow = () => setLow(battery !== null && !battery.charging && battery.level <= LOW_BATTERY);
    // Only some browsers tell.
    const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<Battery> };
    void getBattery?.call(navigator).then(
      (found) => {
        battery = found;
        follow();
        for (const change of ["levelchange", "chargingchange"]) found.addEventListener(change, follow);
      },
      () => undefined,
    );
    return () => {
      for (const change of ["levelchange", "chargingchange"]) battery?.removeEventListener(change, follow);
    };
  }, []);
  return low;
}
