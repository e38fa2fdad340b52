import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Where a video stands, in milliseconds (each frame while it plays), and how to move it. */
export function usePlayhead(video: RefObject<HTMLVideoElement | null>) {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    let frame = 0;
    const read = () => setMs(element.currentTime * 1000);
    const follow = () => {
      read();
      frame = element.paused ? 0 : requestAnimationFrame(follow);
    };
    const play = () => {
      if (frame === 0) follow();
    };
    element.addEventListener("play", play);
    element.addEventListener("seeked", read);
    element.addEventListener("timeupdate", read);
    return () => {
      cancelAnimationFrame(frame);
      element.removeEventListener("play", play);
      element.removeEventListener("seeked", read);
      element.removeEventListener("timeupdate", read);
    };
  }, [video]);
  const seek = (to: number) => {
    const element = video.current;
    setMs(to);
    if (element !== null) element.currentTime = to / 1000;
  };
  return { ms, seek };
}
