import { useRef } from "preact/hooks";
import { useSession } from "../context";
import type { View } from "../view";

export function WithdrawButton() {
  const { calls, messages } = useSession();
  const { withdraw, withdrawConfirm, withdrawYes } = messages.value.help;
  return (
    <Confirmed
      name="withdraw"
      label={withdraw}
      question={withdrawConfirm}
      yes={withdrawYes}
      action={calls.withdraw}
    />
  );
}

export function EraseButton() {
  const { calls, messages } = useSession();
  const { erase, eraseConfirm, eraseYes } = messages.value.help;
  return <Confirmed name="erase" label={erase} question={eraseConfirm} yes={eraseYes} action={calls.erase} />;
}

interface ConfirmedProps {
  name: string;
  label: string;
  question: string;
  yes: string;
  action: () => Promise<View>;
}

/** A button whose action cannot be undone, and therefore asks once more. */
function Confirmed({ name, label, question, yes, action }: ConfirmedProps) {
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="secondary" data-testid={name} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} class="sheet small" aria-label={label}>
        <p>{question}</p>
        <div class="actions">
          <button type="button" class="secondary" onClick={() => dialog.current?.close()}>
            {session.messages.value.cancel}
          </button>
          <button
            type="button"
            class="danger"
            data-testid={`${name}-confirm`}
            onClick={() => {
              dialog.current?.close();
              void session.act(name, action);
            }}
          >
            {yes}
          </button>
        </div>
      </dialog>
    </>
  );
}
