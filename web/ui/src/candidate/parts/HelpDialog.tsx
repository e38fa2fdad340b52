import type { RefObject } from "preact";
import { useSession } from "../context";
import { type Accommodations, isOpen } from "../view";
import { ConsentList } from "./ConsentList";
import { later } from "./later";
import { OtherDevice } from "./OtherDevice";
import { DownloadButton, EraseButton, WithdrawButton } from "./RightsButtons";

const OwnDetails = later(() => import("../identity/OwnDetails").then((part) => part.OwnDetails));

const TIMES = ["1", "1.5", "2", "untimed"] as const;
const MOST_EXTRA_TAKES = 5;

/** More time, other ways to answer, people, consents, withdraw, erase: reachable from every screen, not just from the first one. */
export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const session = useSession();
  const view = session.view.value;
  const messages = session.messages.value;
  if (view === null) return null;
  const wanted = view.accommodations;
  const chosen = wanted.untimed ? "untimed" : String(wanted.time_factor);
  const change = (next: Partial<Accommodations>) =>
    void session.act("accommodations", () => session.calls.accommodations({ ...wanted, ...next }));
  const open = isOpen(view);

  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="help-title">
      <div class="sheet-head">
        <h2 id="help-title">{messages.help.title}</h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          {messages.close}
        </button>
      </div>
      {open && (
        <fieldset class="plain">
          <legend>{messages.help.time}</legend>
          <p class="hint">{messages.help.timeText}</p>
          <div class="segments">
            {TIMES.map((time) => (
              <label key={time}>
                <input
                  type="radio"
                  name="time"
                  checked={chosen === time}
                  data-testid={`time-${time}`}
                  onChange={() =>
                    change({
                      untimed: time === "untimed",
                      time_factor: time === "untimed" ? wanted.time_factor : Number(time),
                    })
                  }
                />
                <span>{messages.help.times[time]}</span>
              </label>
            ))}
          </div>
          <button
            type="button"
            class="secondary"
            disabled={wanted.extra_takes >= MOST_EXTRA_TAKES}
            data-testid="extra-take"
            onClick={() => change({ extra_takes: wanted.extra_takes + 1 })}
          >
            {messages.help.extraTake}
            {wanted.extra_takes > 0 && ` (+${wanted.extra_takes})`}
          </button>
          <Switch
            name="audio-only"
            label={messages.help.audioOnly}
            hint={messages.help.audioOnlyText}
            checked={wanted.audio_only}
            onChange={(audio_only) => change({ audio_only })}
          />
          <Switch
            name="typed-answers"
            label={messages.help.typedAnswers}
            hint={messages.help.typedAnswersText}
            checked={wanted.typed_answers}
            onChange={(typed_answers) => change({ typed_answers })}
          />
          <p class="hint">{messages.help.captions}</p>
        </fieldset>
      )}
      {open && view.identified && <OwnDetails />}
      {open && <OtherDevice />}
      <h3>{messages.help.person}</h3>
      {view.human_requested ? (
        <p class="good" role="status">
          {messages.help.personNoted}
        </p>
      ) : (
        <>
          <p class="hint">{messages.help.personText}</p>
          <button
            type="button"
            class="secondary"
            data-testid="help-person"
            onClick={() => session.act("mode", () => session.calls.mode("human_interview"))}
          >
            {messages.consent.askForPerson}
          </button>
        </>
      )}
      {view.ai_mode === "human_only" ? (
        <p class="good">{messages.consent.humanChosen}</p>
      ) : (
        open && (
          <>
            <p class="hint">{messages.consent.humanText}</p>
            <button
              type="button"
              class="secondary"
              data-testid="help-human-only"
              onClick={() => session.act("mode", () => session.calls.mode("human_only"))}
            >
              {messages.consent.human}
            </button>
          </>
        )
      )}
      <ConsentList />
      <h3>{messages.help.rights}</h3>
      <p class="hint">{messages.help.downloadText}</p>
      <DownloadButton />
      <p class="hint">{messages.help.withdrawText}</p>
      <WithdrawButton />
      <p class="hint">{messages.help.eraseText}</p>
      <EraseButton />
    </dialog>
  );
}

interface SwitchProps {
  name: string;
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Switch({ name, label, hint, checked, onChange }: SwitchProps) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={checked}
        data-testid={name}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        <span class="hint switch-hint">{hint}</span>
      </span>
    </label>
  );
}
