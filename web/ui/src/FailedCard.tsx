interface FailedCardProps {
  code: string;
  title: string;
  text: string;
  tryAgain: string;
  onRetry: () => void;
}

/** Why a page of the hiring team cannot be shown. */
export function FailedCard({ code, title, text, tryAgain, onRetry }: FailedCardProps) {
  return (
    <section class="card" role="alert" data-testid="failed" data-code={code}>
      <h1>{title}</h1>
      <p>{text}</p>
      <button type="button" class="primary" onClick={onRetry}>
        {tryAgain}
      </button>
    </section>
  );
}
