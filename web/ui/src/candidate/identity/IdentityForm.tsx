import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useInterview } from "../context";
import type { IdentityField, IdentityKind } from "../view";
import { faultOf, type IdentityFault } from "./check";
import { identityMessages } from "./messages";

interface FormProps {
  submit: string;
  onSent?: () => void;
  /** What stands above the fields. */
  children: ComponentChildren;
}

/** What the position asks about the candidate, with what was said already. */
export function IdentityForm({ submit, onSent, children }: FormProps) {
  const { session, view, messages, busy } = useInterview();
  const text = identityMessages(messages.code);
  const [values, setValues] = useState<Record<string, string>>({});
  const [faults, setFaults] = useState<Record<string, IdentityFault>>({});
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // Said already on another device, or before a reload. Without it the form is simply empty.
    session.calls.identity().then(
      (said) => setValues((written) => ({ ...said.values, ...written })),
      () => undefined,
    );
  }, [session]);

  const check = (field: IdentityField, value: string) => {
    const fault = faultOf(field, value);
    setFaults(({ [field.id]: _, ...others }) => (fault === null ? others : { ...others, [field.id]: fault }));
    return fault;
  };
  const send = async (event: Event) => {
    event.preventDefault();
    const wrong = view.identity.filter((field) => check(field, values[field.id] ?? "") !== null);
    if (wrong[0] !== undefined) {
      form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(wrong[0].id)}"]`)?.focus();
      return;
    }
    if (await session.act("identity", () => session.calls.identify(values))) onSent?.();
  };

  return (
    <form ref={form} class="identity" noValidate onSubmit={(event) => void send(event)}>
      {children}
      {view.identity.map((field) => (
        <Entry
          key={field.id}
          field={field}
          value={values[field.id] ?? ""}
          fault={faults[field.id]}
          onInput={(value) => {
            setValues((before) => ({ ...before, [field.id]: value }));
            // While it is being mended, what was wrong goes as soon as it is right.
            if (faults[field.id] !== undefined) check(field, value);
          }}
          onLeave={(value) => value !== "" && check(field, value)}
        />
      ))}
      <p class="hint">{text.kept(view.retention_days)}</p>
      <div class="actions">
        <button type="submit" class="primary" data-testid="identity-continue" disabled={busy !== null}>
          {submit}
        </button>
      </div>
    </form>
  );
}

interface Shared {
  id: string;
  name: string;
  value: string;
  required: boolean;
  "data-testid": string;
  "aria-invalid": boolean;
  "aria-describedby": string;
  onInput: (event: { currentTarget: { value: string } }) => void;
  onBlur: (event: { currentTarget: { value: string } }) => void;
}

interface EntryProps {
  field: IdentityField;
  value: string;
  fault: IdentityFault | undefined;
  onInput: (value: string) => void;
  onLeave: (value: string) => void;
}

function Entry({ field, value, fault, onInput, onLeave }: EntryProps) {
  const { messages } = useInterview();
  const text = identityMessages(messages.code);
  const id = `identity-${field.id}`;
  const hints = [field.hint, field.kind === "mainland_id" ? text.masked : null].filter(Boolean);
  const shared: Shared = {
    id,
    name: field.id,
    value,
    required: field.required,
    "data-testid": id,
    "aria-invalid": fault !== undefined,
    "aria-describedby": `${id}-note`,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
    onBlur: (event: { currentTarget: { value: string } }) => onLeave(event.currentTarget.value),
  };
  return (
    <div class="written">
      <label class="label" for={id}>
        {field.label} {!field.required && <span class="hint">({text.optional})</span>}
      </label>
      <Control kind={field.kind} shared={shared} />
      <div id={`${id}-note`}>
        {hints.length > 0 && <p class="hint">{hints.join(" ")}</p>}
        {fault !== undefined && (
          <p class="notice" role="alert" data-fault={fault}>
            {text.faults[fault]}
          </p>
        )}
      </div>
    </div>
  );
}

/** Browsers and helpers can fill in what they know (WCAG 2.2, 1.3.5). */
function Control({ kind, shared }: { kind: IdentityKind; shared: Shared }) {
  switch (kind) {
    case "full_name":
      return <input type="text" autoComplete="name" spellcheck={false} {...shared} />;
    case "phone":
      return <input type="tel" autoComplete="tel" {...shared} />;
    case "email":
      return <input type="email" autoComplete="email" {...shared} />;
    case "mainland_id":
      return <input type="text" autoComplete="off" spellcheck={false} {...shared} />;
    case "text":
      return <textarea rows={3} {...shared} />;
  }
}
