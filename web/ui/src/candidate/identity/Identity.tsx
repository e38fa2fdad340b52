import { useInterview } from "../context";
import { IdentityForm } from "./IdentityForm";
import { identityMessages } from "./messages";

/** Between consent and the device check. */
export function Identity() {
  const text = identityMessages(useInterview().messages.code);
  return (
    <IdentityForm submit={text.continue}>
      <h1 tabIndex={-1}>{text.title}</h1>
      <p class="lead">{text.lead}</p>
    </IdentityForm>
  );
}
