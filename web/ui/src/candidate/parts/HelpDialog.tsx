import type { RefObject } from "preact";
import { useSession } from "../context";
import type { Accommodations } from "../view";
import { OtherDevice } from "./OtherDevice";
import { EraseButton, WithdrawButton } from "./RightsButtons";

const TIMES = ["1", "1.5", "2", "untimed"] as const;
const MOST_EXTRA_TAKES = 5;

/** More time, only people, withdraw, erase: reachable from every screen, not just from the first one. */
export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const session = useSession();
  const view = session.view.value;
  const messages = session.messages.value;
  if (view === null) return null;
  const wanted = view.accommodations;
  const chosen = wanted.untimed ? "untimed" : String(wanted.time_factor);
  const change = (next: Accommodations) =>
    void session.act("accommodations", () => session.calls.accommodations(next));

  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="help-title">
      <div class="sheet-head">
        <h2 id="help-title">{messages.help.title}</h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          {messages.close}
        </button>
      </div>
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
                    ...wanted,
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
          onClick={() => change({ ...wanted, extra_takes: wanted.extra_takes + 1 })}
        >
          {messages.help.extraTake}
          {wanted.extra_takes > 0 && ` (+${wanted.extra_takes})`}
        </button>
      </fieldset>
      <OtherDevice />
      <h3>{messages.help.rights}</h3>
      <p class="hint">{messages.consent.humanText}</p>
      {view.ai_mode === "human_only" ? (
        <p class="good">{messages.consent.humanChosen}</p>
      ) : (
        <button
          type="button"
          class="secondary"
          data-testid="help-human-only"
          onClick={() => session.act("mode", () => session.calls.mode("human_only"))}
        >
          {messages.consent.human}
        </button>
      )}
      <p class="hint">{messages.help.withdrawText}</p>
      <WithdrawButton />
      <p class="hint">{messages.help.eraseText}</p>
      <EraseButton />
    </dialog>
  );
}
