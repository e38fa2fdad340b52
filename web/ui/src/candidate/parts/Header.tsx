import { useRef } from "preact/hooks";
import { useSession } from "../context";
import { currentQuestion, type Locale } from "../view";
import { HelpDialog } from "./HelpDialog";

export function Header() {
  const session = useSession();
  const view = session.view.value;
  const messages = session.messages.value;
  const screen = session.screen.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const other: Locale = messages.code === "zh" ? "en" : "zh";
  const shown = view !== null && screen !== "error" && screen !== "replaced";
  const answering =
    shown &&
    ["practice", "wait", "ready", "rest", "prompt", "think", "record", "review", "text", "submit"].includes(
      screen ?? "",
    );

  return (
    <header class="top">
      <div class="top-line">
        <span class="brand">
          <span class="brand-name">{view?.organisation ?? messages.brand}</span>
          {view !== null && <span class="brand-title">{view.title}</span>}
        </span>
        {(view === null || view.languages.includes(other)) && (
          <button
            type="button"
            class="quiet"
            lang={other === "zh" ? "zh-CN" : "en"}
            data-testid={`language-${other}`}
            onClick={() => void session.speak(other)}
          >
            {messages.switchTo}
          </button>
        )}
        {shown && (
          <button type="button" class="quiet" data-testid="help" onClick={() => dialog.current?.showModal()}>
            {messages.help.open}
          </button>
        )}
      </div>
      {answering && <Progress />}
      {shown && <HelpDialog dialog={dialog} />}
    </header>
  );
}

function Progress() {
  const session = useSession();
  const view = session.view.value;
  const messages = session.messages.value;
  if (view === null) return null;
  const total = view.questions.length;
  const answered = view.questions.filter((question) => question.status === "answered").length;
  const current = currentQuestion(view);
  const text = current
    ? messages.question.of(view.questions.indexOf(current) + 1, total)
    : messages.landing.questionCount(total, 0);
  return (
    <div class="progress">
      <progress max={total} value={answered} aria-label={text} />
      <span>{text}</span>
    </div>
  );
}
