import { useEffect, useState } from "preact/hooks";
import { buzz, tone } from "../../capture/signals";
import { useInterview } from "../context";

const FROM = 3;

interface CountInProps {
  onZero: () => void;
  onCancel: () => void;
}

/** 3, 2, 1 before a recording: seen, heard, felt and read out; it can be cancelled until the end. */
export function CountIn({ onZero, onCancel }: CountInProps) {
  const { messages } = useInterview();
  const [left, setLeft] = useState(FROM);
  useEffect(() => {
    if (left === 0) {
      onZero();
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
      <button type="button" class="secondary" data-testid="count-in-cancel" onClick={onCancel}>
        {messages.cancel}
      </button>
    </div>
  );
}
