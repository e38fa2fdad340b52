import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../context";

interface SelfViewProps {
  class?: string;
  onSize?: (width: number, height: number) => void;
}

/** The candidate's own picture, mirrored as people know themselves. */
export function SelfView({ class: name = "", onSize }: SelfViewProps) {
  const { media, messages } = useSession();
  const stream = media.stream.value;
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null || element.srcObject === stream) return;
    element.srcObject = stream;
    if (stream !== null) element.play().catch(() => undefined);
  }, [stream]);
  const size = () => {
    const element = video.current;
    if (element && element.videoWidth > 0) onSize?.(element.videoWidth, element.videoHeight);
  };
  return (
    <video
      ref={video}
      class={`self-view ${name}`}
      muted
      autoplay
      playsInline
      aria-label={messages.value.check.you}
      onLoadedMetadata={size}
      onResize={size}
    />
  );
}
