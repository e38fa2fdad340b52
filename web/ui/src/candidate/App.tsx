import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { problemText, tag } from "../locales/locale";
import { useSession } from "./context";
import { AddingNote } from "./parts/AddingNote";
import { ConnectionBanner } from "./parts/ConnectionBanner";
import { Header } from "./parts/Header";
import { later } from "./parts/later";
import type { Screen } from "./screen";
import { Check } from "./screens/Check";
import { Consent } from "./screens/Consent";
import { Done } from "./screens/Done";
import { Failure } from "./screens/Failure";
import { Landing } from "./screens/Landing";
import { Ready } from "./screens/Ready";
import { Record } from "./screens/Record";
import { Replaced } from "./screens/Replaced";
import { Review } from "./screens/Review";
import { Submit } from "./screens/Submit";
import { Think } from "./screens/Think";
import { Wait } from "./screens/Wait";
import { Way } from "./screens/Way";
import { Written } from "./screens/Written";
import { currentQuestion } from "./view";

/** Where the screen begins; whoever has gone elsewhere meanwhile stays there. */
function toHeading(): void {
  if (document.activeElement !== document.body) return;
  document.querySelector<HTMLElement>("#main h1")?.focus({ preventScroll: true });
}

const Identity = later(() => import("./identity/Identity").then((part) => part.Identity), toHeading);
const Practice = later(() => import("./screens/Practice").then((part) => part.Practice), toHeading);
const PromptScreen = later(
  () => import("./prompt/PromptScreen").then((part) => part.PromptScreen),
  toHeading,
);
const Rest = later(() => import("./rest/Rest").then((part) => part.Rest), toHeading);

const SCREENS: { [screen in Screen]: ComponentType } = {
  landing: Landing,
  way: Way,
  consent: Consent,
  identity: Identity,
  check: Check,
  practice: Practice,
  wait: Wait,
  ready: Ready,
  rest: Rest,
  prompt: PromptScreen,
  think: Think,
  record: Record,
  review: Review,
  text: Written,
  submit: Submit,
  done: Done,
  error: Failure,
  replaced: Replaced,
};

/** Where there is time to read that lost seconds are being added. */
const CALM_SCREENS: (Screen | null)[] = [
  "wait",
  "ready",
  "rest",
  "prompt",
  "think",
  "review",
  "text",
  "submit",
];

export function App() {
  const session = useSession();
  const screen = session.screen.value;
  const messages = session.messages.value;
  const view = session.view.value;
  const notice = session.notice.value;
  const main = useRef<HTMLElement>(null);
  // Another question is another screen, also where its kind is the same.
  const place = screen && `${screen} ${(view && currentQuestion(view)?.id) ?? ""}`;

  useEffect(() => {
    document.body.dataset.screen = screen ?? "";
  }, [screen]);
  useEffect(() => {
    document.documentElement.lang = tag(messages.code);
    document.title = `${view?.title ?? ""} · ${messages.brand}`.replace(/^ · /, "");
  }, [messages, view?.title]);
  useEffect(() => {
    if (place === null) return;
    scrollTo(0, 0);
    main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [place]);

  const Current = screen && SCREENS[screen];
  return (
    <>
      <a class="skip" href="#main">
        {messages.skip}
      </a>
      <Header />
      <ConnectionBanner />
      <main id="main" ref={main} class={`screen screen-${screen ?? "loading"}`}>
        {notice !== null && (
          <p class="notice" role="alert" data-testid="notice" data-code={notice.code}>
            {problemText(messages, notice.code, notice.detail)}
          </p>
        )}
        {CALM_SCREENS.includes(screen) && <AddingNote />}
        {Current ? <Current key={place} /> : <p class="loading">{messages.loading}</p>}
      </main>
    </>
  );
}
