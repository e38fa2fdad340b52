import { useEffect, useRef } from "preact/hooks";
import { watchLevel } from "../../capture/level";
import { useSession } from "../context";

/** That the microphone hears something, at a glance. */
export function LevelMeter() {
  const { media, messages } = useSession();
  const stream = media.stream.value;
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    if (stream === null) return;
    // Ten times a second: without a render of the page.
    return watchLevel(stream, (level) => {
      if (meter.current !== null) meter.current.value = level;
    });
  }, [stream]);
  return <meter ref={meter} class="level" min={0} max={1} aria-label={messages.value.check.micLevel} />;
}
