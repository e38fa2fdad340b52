import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api";
import { FailedCard } from "../FailedCard";
import { browserLocale, tag } from "../locales/locale";
import { positionEn } from "../locales/position.en";
import { positionZh } from "../locales/position.zh";
import { reportEn } from "../locales/report.en";
import { reportZh } from "../locales/report.zh";
import { PageHeader } from "../PageHeader";
import { MessagesContext } from "../report/context";
import { Compare } from "./Compare";
import { PositionMessagesContext } from "./context";
import { StatisticsView } from "./StatisticsView";
import type { PositionSource } from "./source";

const VIEWS = ["compare", "statistics"] as const;
type View = (typeof VIEWS)[number];

/** The view that the address names, so that a link leads to it. */
function namedView(): View {
  const named = location.hash.slice(1);
  return VIEWS.find((view) => view === named) ?? "compare";
}

/** A position for the hiring team: its candidates side by side, and its statistics. */
export function App({ source }: { source: PositionSource }) {
  const [locale, setLocale] = useState<string>(browserLocale());
  const [view, setView] = useState<View>(namedView());
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const messages = locale === "zh" ? positionZh : positionEn;
  useEffect(() => {
    document.documentElement.lang = tag(locale);
    document.title = [title, messages.views[view]].filter(Boolean).join(" · ");
  }, [locale, title, view]);
  useEffect(() => {
    const follow = () => setView(namedView());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const failed = (error: unknown) => setProblem(asProblem(error));

  return (
    <MessagesContext.Provider value={locale === "zh" ? reportZh : reportEn}>
      <PositionMessagesContext.Provider value={messages}>
        <PageHeader
          name={messages.position}
          title={title || undefined}
          locale={locale}
          switchTo={messages.switchTo}
          onLocale={setLocale}
        />
        <main id="main" class="report" data-testid="position">
          <h1>{title || messages.position}</h1>
          <nav class="views" aria-label={messages.viewsName}>
            {VIEWS.map((each) => (
              <a
                key={each}
                href={`#${each}`}
                aria-current={each === view ? "page" : undefined}
                data-testid={`view-${each}`}
              >
                {messages.views[each]}
              </a>
            ))}
          </nav>
          {problem !== null && (
            <FailedCard
              code={problem.code}
              title={messages.failed}
              text={
                problem.status === 401 || problem.status === 403
                  ? messages.failedAccess
                  : problem.detail || messages.failedOther
              }
              tryAgain={messages.tryAgain}
              onRetry={() => setProblem(null)}
            />
          )}
          {problem === null && view === "compare" && (
            <Compare source={source} locale={locale} onTitle={setTitle} onFailed={failed} />
          )}
          {problem === null && view === "statistics" && (
            <StatisticsView source={source} locale={locale} onTitle={setTitle} onFailed={failed} />
          )}
        </main>
      </PositionMessagesContext.Provider>
    </MessagesContext.Provider>
  );
}
