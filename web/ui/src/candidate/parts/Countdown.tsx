import { useEffect, useRef, useState } from "preact/hooks";
import { clockText, spokenMark } from "../../capture/clock";
import { useServerTime, useSession } from "../context";

interface CountdownProps {
  /** Unix milliseconds on the server's clock. */
  deadline: number;
  class?: string;
}

/** Time left, from the server's deadline only. Screen readers hear it at 60, 30, 10 and 5 seconds. */
export function Countdown({ deadline, class: name = "" }: CountdownProps) {
  const messages = useSession().messages.value;
  const left = deadline - useServerTime();
  const before = useRef(left);
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    const mark = spokenMark(before.current, left);
    before.current = left;
    if (mark !== null) setSpoken(messages.question.secondsLeft(mark));
  }, [left, messages]);
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
