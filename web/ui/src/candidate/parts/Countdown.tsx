import { useEffect, useRef, useState } from "preact/hooks";
import { clockText, spokenMark } from "../../capture/clock";
import { buzz, tone } from "../../capture/signals";
import { useServerTime, useSession } from "../context";

interface CountdownProps {
  /** Unix milliseconds on the server's clock. */
  deadline: number;
  class?: string;
  /** Marks are also heard: only where no microphone records. */
  audible?: boolean;
}

/** Time left, from the server's deadline only. At 60, 30, 10 and 5 seconds it is read out, and felt on a phone. */
export function Countdown({ deadline, class: name = "", audible = false }: CountdownProps) {
  const messages = useSession().messages.value;
  const left = deadline - useServerTime();
  const before = useRef(left);
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    const mark = spokenMark(before.current, left);
    before.current = left;
    if (mark === null) return;
    setSpoken(messages.question.secondsLeft(mark));
    buzz();
    if (audible) tone();
  }, [left, messages, audible]);
  const urgency = left <= 10_000 ? "last" : left <= 30_000 ? "soon" : "";
  return (
    <>
      <span class={`countdown ${name} ${urgency}`} role="timer" aria-live="off" data-testid="countdown">
        {clockText(left, "up")}
      </span>
      <span class="visually-hidden" role="status">
        {spoken}
      </span>
    </>
  );
}
