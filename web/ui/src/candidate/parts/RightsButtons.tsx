import { useRef, useState } from "preact/hooks";
import { asProblem } from "../../api";
import { problemText } from "../../locales/locale";
import { saveFile } from "../../saveFile";
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

/** Saves everything that is stored, straight to the disk: it may be larger than a phone's memory. */
export function DownloadButton() {
  const session = useSession();
  const text = session.messages.value.help;
  const download = async () => {
    // A signed link ends after minutes; a fresh view has a fresh one.
    await session.refresh();
    const url = session.view.peek()?.data_url;
    if (!url) return;
    const link = document.createElement("a");
    link.href = url;
    link.download = "";
    link.click();
  };
  return (
    <button type="button" class="secondary" data-testid="download" onClick={() => void download()}>
      {text.download}
    </button>
  );
}

const CERTIFICATE_TRIES = 20;
const CERTIFICATE_WAIT_MS = 1_000;

/** Saves the certificate of the deletion, once the server is done with it. */
export function CertificateButton() {
  const session = useSession();
  const messages = session.messages.value;
  const [state, setState] = useState<"idle" | "waiting" | "saved">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    setState("waiting");
    setProblem(null);
    for (let tries = 1; ; tries++) {
      try {
        const certificate = await session.calls.deletionCertificate();
        const name = `viva-deletion-${session.view.peek()?.interview_id}.json`;
        saveFile(name, "application/json", JSON.stringify(certificate, null, 2));
        setState("saved");
        return;
      } catch (error) {
        const { passing, code, detail } = asProblem(error);
        if (!passing || tries === CERTIFICATE_TRIES) {
          setState("idle");
          setProblem(problemText(messages, code, detail));
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, CERTIFICATE_WAIT_MS));
      }
    }
  };
  const text = messages.help;
  return (
    <>
      <button
        type="button"
        class="secondary"
        data-testid="certificate"
        disabled={state === "waiting"}
        onClick={() => void save()}
      >
        {state === "waiting" ? text.certificateWaits : text.certificate}
      </button>
      {state === "saved" && (
        <p class="good" role="status" data-testid="certificate-saved">
          {text.certificateSaved}
        </p>
      )}
      {problem !== null && (
        <p class="notice" role="alert">
          {problem}
        </p>
      )}
    </>
  );
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
