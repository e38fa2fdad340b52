import { useEffect, useState } from "preact/hooks";
import { buzz, tone } from "../../capture/signals";
import { useInterview } from "../context";

const FROM = 3;

interface CountInProps {
  questionId: string;
  /** The take was asked for, or it was cancelled. */
  onOver: () => void;
}

/** 3, 2, 1 before a recording begins: seen, heard, felt and read out; it can be cancelled until the end. */
export function CountIn({ questionId, onOver }: CountInProps) {
  const { session, messages } = useInterview();
  const [left, setLeft] = useState(FROM);
  useEffect(() => {
    if (left === 0) {
      void session.act("take", () => session.calls.startTake(questionId)).then(onOver);
      return;
    }
    tone();
    buzz();
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <div class="count-in" data-testid="count-in">
      <p class="countdown big" role="status" aria-live="assertive">
        {left > 0 ? left : messages.question.recording}
      </p>
      <button type="button" class="secondary" data-testid="count-in-cancel" onClick={onOver}>
        {messages.cancel}
      </button>
    </div>
  );
}
