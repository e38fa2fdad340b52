import { useEffect, useState } from "preact/hooks";
import { watchLevel } from "../../capture/level";
import { useSession } from "../context";

const SILENT_AFTER_MS = 5_000;
/** Above a quiet room; see `meter`. */
const HEARD_LEVEL = 0.2;
const LOW_BATTERY = 0.15;

interface Battery extends EventTarget {
  level: number;
  charging: boolean;
}

/** While a take records: a microphone that is muted or hears nothing, and a battery that may not last. */
export function DeviceBanner() {
  const { media, messages } = useSession();
  const text = messages.value.device;
  const sound = useSound(media.stream.value);
  const low = useLowBattery();
  const told = sound !== "heard" ? text[sound] : low ? text.battery : null;
  if (told === null) return null;
  return (
    <p class="notice" role="status" data-testid="device-banner">
      {told}
    </p>
  );
}

function useSound(stream: MediaStream | null): "heard" | "muted" | "silent" {
  const [silent, setSilent] = useState(false);
  const [muted, setMuted] = useState(false);
  useEffect(() => {
    const track = stream?.getAudioTracks()[0];
    if (stream === null || track === undefined) return;
    let heardAt = performance.now();
    const follow = () => setMuted(track.muted);
    follow();
    track.addEventListener("mute", follow);
    track.addEventListener("unmute", follow);
    const unwatch = watchLevel(stream, (level) => {
      const now = performance.now();
      if (level > HEARD_LEVEL) heardAt = now;
      setSilent(now - heardAt > SILENT_AFTER_MS);
    });
    return () => {
      unwatch();
      track.removeEventListener("mute", follow);
      track.removeEventListener("unmute", follow);
    };
  }, [stream]);
  return muted ? "muted" : silent ? "silent" : "heard";
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
