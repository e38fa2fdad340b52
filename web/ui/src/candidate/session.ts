/** The candidate's page as state: the view, what this page knows, and the actions that change them. */

import { computed, effect, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api";
import { ServerClock } from "../capture/clock";
import { recordableType } from "../capture/copy/recorder";
import { en } from "../locales/en";
import { browserLocale } from "../locales/locale";
import { zh } from "../locales/zh";
import { recordingTake } from "./addition";
import { type CandidateCalls, candidateCalls, EVENTS_PATH } from "./calls";
import { Copies } from "./copies";
import { EventChannel } from "./events";
import { FocusWatch, watchFocus } from "./focus";
import { Media } from "./media";
import { nextDeadline, type PageState, type Screen, screenOf, wantsMedia } from "./screen";
import { currentQuestion, isOpen, type Locale, type Transport, type View } from "./view";

/** The server acts on a deadline at once; the page asks a little later. */
const AFTER_DEADLINE_MS = 300;
const OVERDUE_POLL_MS = 1_500;
const LOAD_RETRY_MS = 2_000;
/** So long a media connection may take, over UDP or TCP, before the browser's own recording takes its place. */
const PATIENCE_MS = 4_000;

export type Session = ReturnType<typeof createSession>;

export function createSession(token: string) {
  const calls: CandidateCalls = candidateCalls(token);
  const clock = new ServerClock();
  const view = signal<View | null>(null);
  const page = signal<PageState>({
    begun: false,
    wayChosen: false,
    practising: false,
    resting: false,
    checkPassed: false,
    replaced: false,
  });
  /** The interview cannot be shown at all. */
  const failure = signal<Problem | null>(null);
  /** The last action did not work; shown until the next one. */
  const notice = signal<Problem | null>(null);
  const busy = signal<string | null>(null);
  const live = signal(false);
  const saved = signal<{ takeId: string; ms: number } | null>(null);
  const copies = new Copies(calls.chunk, () => clock.now());
  const media = new Media(
    token,
    (sample) => copies.encoder(sample),
    (cause, isOver) => {
      const current = view.peek();
      const take = current && recordingTake(current);
      // Only for people to know: nothing waits for it.
      if (take) calls.deviceFault(take.id, cause, isOver).catch(() => undefined);
    },
  );

  /** The language chosen once the interview is over: it is read in it, and stays what it was. */
  const closingLocale = signal<Locale | null>(null);
  const messages = computed(() => {
    const locale = closingLocale.value ?? view.value?.locale ?? browserLocale();
    return locale === "zh" ? zh : en;
  });
  const screen = computed<Screen | null>(() => {
    if (failure.value !== null) return "error";
    return view.value && screenOf(view.value, page.value);
  });

  function receive(next: View): void {
    clock.observe(next.server_time);
    const before = view.peek();
    // A slow response must not undo a newer push.
    if (before !== null && next.server_time < before.server_time) return;
    // What the server sends by itself is in the language that the interview was held in.
    const wanted = closingLocale.peek();
    if (wanted !== null && next.locale !== wanted && !isOpen(next) && next.languages.includes(wanted)) {
      void refresh();
      return;
    }
    failure.value = null;
    view.value = next;
  }

  async function refresh(): Promise<void> {
    try {
      receive(await calls.view(closingLocale.peek() ?? undefined));
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.passing) failure.value = problem;
    }
  }

  const channel = new EventChannel(new URL(EVENTS_PATH, location.href).href, token, {
    onView: receive,
    onSaved: (takeId, ms) => {
      saved.value = { takeId, ms };
      copies.saved(takeId, ms);
    },
    onPing: (serverTime) => clock.observe(serverTime),
    onReplaced: () => {
      page.value = { ...page.value, replaced: true };
    },
    onLive: (now) => {
      live.value = now;
    },
    poll: () => void refresh(),
  });

  async function load(): Promise<void> {
    try {
      receive(await calls.opened());
    } catch (error) {
      const problem = asProblem(error);
      if (problem.passing) {
        notice.value = problem;
        setTimeout(load, LOAD_RETRY_MS);
        return;
      }
      // An interview that is over cannot be opened, but it can still be shown.
      await refresh();
      if (view.value === null) {
        failure.value ??= problem;
        return;
      }
    }
    notice.value = null;
    channel.start();
  }

  /** Runs one action at a time; shows what went wrong, and then what the server really thinks. */
  async function act(name: string, action: () => Promise<View>): Promise<boolean> {
    if (busy.peek() !== null) return false;
    busy.value = name;
    notice.value = null;
    try {
      receive(await action());
      return true;
    } catch (error) {
      notice.value = asProblem(error);
      if (notice.value.status !== 0) void refresh();
      return false;
    } finally {
      busy.value = null;
    }
  }

  async function speak(locale: Locale): Promise<void> {
    const shown = view.peek();
    if (shown !== null && isOpen(shown)) await act("locale", () => calls.locale(locale));
    else {
      closingLocale.value = locale;
      await refresh();
    }
  }

  /** Takes the interview over from the other page. */
  function goOnHere(): void {
    page.value = { ...page.value, replaced: false };
    void refresh();
    channel.start();
  }

  let deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    clearTimeout(deadlineTimer);
    const deadline = view.value && nextDeadline(view.value);
    if (deadline === null) return;
    const left = deadline - clock.now();
    // A deadline that has passed without effect waits for the connection.
    const wait = left > 0 ? left + AFTER_DEADLINE_MS : OVERDUE_POLL_MS;
    deadlineTimer = setTimeout(refresh, Math.min(wait, 2 ** 31 - 1));
  });
  const ingest = computed(() => view.value && wantsMedia(view.value, page.value) && failure.value === null);
  effect(() => {
    const wanted = ingest.value;
    const settings = view.peek()?.ingest;
    if (wanted && settings) void media.on(settings);
    else media.off();
  });

  /** What is said now comes to the server in one way or the other. */
  const canRecord = computed(() => media.link.value.phase === "live" || view.value?.transport === "chunks");
  let patienceTimer: ReturnType<typeof setInterval> | undefined;
  /** The way that is wanted in place of the present one. */
  const otherWay = computed<Transport | null>(() => {
    const now = view.value?.transport;
    if (now === "chunks" && media.link.value.phase === "live") return "media";
    const canCopy = recordableType("picture_and_sound") !== undefined;
    return now === "media" && media.isUnconnected && canCopy ? "chunks" : null;
  });
  effect(() => {
    clearInterval(patienceTimer);
    const way = otherWay.value;
    if (way === null) return;
    const ask = () => calls.transport(way).then(receive, () => undefined);
    if (way === "media") void ask();
    patienceTimer = setInterval(ask, PATIENCE_MS);
  });

  const audioOnly = computed(() => view.value?.accommodations.audio_only === true);
  effect(() => void media.listenOnly(audioOnly.value));

  const bitrate = computed(() => view.value?.ingest.max_bitrate_kbps);
  effect(() => {
    if (bitrate.value !== undefined) media.limit(bitrate.value);
  });

  effect(() => {
    if (view.value !== null) copies.follow(view.value, media.stream.value, page.value.replaced);
  });

  const focus = new FocusWatch(
    () => clock.now(),
    () => {
      const shown = view.peek();
      const question = shown?.observes ? currentQuestion(shown) : undefined;
      return question?.opened_at ? question.id : null;
    },
    // Only for people to know: nothing waits for it.
    (question, from, until) => void calls.away(question, from, until).catch(() => undefined),
  );
  watchFocus(focus);

  // Leaving tells the server at once; coming back from the browser's page cache starts afresh.
  addEventListener("pagehide", () => media.off());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  return {
    calls,
    clock,
    view,
    page,
    failure,
    notice,
    busy,
    live,
    saved,
    media,
    copies,
    messages,
    screen,
    canRecord,
    act,
    load,
    refresh,
    speak,
    goOnHere,
  };
}
