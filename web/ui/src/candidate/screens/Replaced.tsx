import { useSession } from "../context";

export function Replaced() {
  const session = useSession();
  const text = session.messages.value.replaced;
  return (
    <section class="hero">
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.text}</p>
      <button type="button" class="primary" data-testid="go-on-here" onClick={session.goOnHere}>
        {text.here}
      </button>
    </section>
  );
}
