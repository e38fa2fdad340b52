import { useEffect, useRef, useState } from "preact/hooks";
import { useMessages } from "./context";
import type { Answer } from "./types";

interface RecordingProps {
  answer: Answer;
  video: { current: HTMLVideoElement | null };
  onExpired: () => void;
}

/** The recording, by a signed link that is renewed when it has ended. */
export function Recording({ answer, video, onExpired }: RecordingProps) {
  const messages = useMessages();
  const [url, setUrl] = useState(answer.recording_url);
  const [failed, setFailed] = useState(false);
  const resumeAt = useRef(0);
  const asked = useRef(false);
  useEffect(() => {
    // A fresh link is taken only when the one in use has failed: else the video would start over.
    if (failed && answer.recording_url !== url) {
      setUrl(answer.recording_url);
      setFailed(false);
    }
  }, [answer.recording_url, failed]);
  if (url === null) return <p class="card no-recording">{messages.noRecording}</p>;
  return (
    <>
      <video
        ref={video}
        class="player"
        controls
        playsInline
        preload="metadata"
        src={url}
        data-testid="recording"
        onLoadedMetadata={(event) => {
          asked.current = false;
          if (resumeAt.current > 0) event.currentTarget.currentTime = resumeAt.current;
        }}
        onError={(event) => {
          resumeAt.current = event.currentTarget.currentTime;
          setFailed(true);
          if (!asked.current) onExpired();
          asked.current = true;
        }}
      />
      {failed && <p class="notice">{messages.recordingFailed}</p>}
    </>
  );
}
