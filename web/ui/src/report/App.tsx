import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api";
import { browserLocale, tag } from "../locales/locale";
import { reportEn } from "../locales/report.en";
import { reportZh } from "../locales/report.zh";
import { AnswerSection } from "./AnswerSection";
import { Conditions } from "./Conditions";
import { MessagesContext } from "./context";
import { IdentityFacts } from "./IdentityFacts";
import { NotAssessedList } from "./NotAssessedList";
import { Revisions } from "./Revisions";
import { Summary } from "./Summary";
import type { ReportSource } from "./source";
import type { Report } from "./types";

export function App({ source }: { source: ReportSource }) {
  const [report, setReport] = useState<Report | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [locale, setLocale] = useState<string>(browserLocale());
  const [selected, setSelected] = useState(0);

  const load = async () => {
    setProblem(null);
    try {
      const loaded = await source.report();
      setReport((before) => {
        if (before === null) setLocale(loaded.locale.startsWith("zh") ? "zh" : "en");
        return loaded;
      });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  useEffect(() => void load(), [source]);
  const messages = locale === "zh" ? reportZh : reportEn;
  useEffect(() => {
    document.documentElement.lang = tag(locale);
    const name = report?.candidate.name ?? report?.candidate.ref;
    document.title = [name, messages.report].filter(Boolean).join(" · ");
  }, [locale, report]);

  return (
    <MessagesContext.Provider value={messages}>
      <header class="top">
        <div class="top-line">
          <span class="brand">
            <span class="brand-name">{messages.report}</span>
            {report && <span class="brand-title">{report.position.title}</span>}
          </span>
          <button
            type="button"
            class="quiet"
            data-testid="language"
            onClick={() => setLocale(locale === "zh" ? "en" : "zh")}
          >
            {messages.switchTo}
          </button>
          <button type="button" class="quiet print-button" onClick={() => print()}>
            {messages.print}
          </button>
        </div>
      </header>
      <main id="main" class="report" data-testid={report ? "report" : undefined}>
        {report === null && problem === null && <p class="loading">{messages.loading}</p>}
        {problem !== null && report === null && <Failed problem={problem} retry={() => void load()} />}
        {report !== null && (
          <>
            <Summary report={report} onQuestion={(id) => setSelected(indexOf(report, id))} />
            <IdentityFacts source={source} />
            <Tabs report={report} selected={selected} onSelect={setSelected} />
            {report.answers.map((answer, index) => (
              <AnswerSection
                key={answer.question_id}
                answer={answer}
                index={index}
                followed={indexOf(report, answer.follow_up?.question_id ?? "")}
                shown={index === selected}
                corrections={(report.corrections ?? []).filter((c) => c.question_id === answer.question_id)}
                source={source}
                onExpired={() => void load()}
              />
            ))}
            <Revisions report={report} />
            <NotAssessedList report={report} />
            <Conditions report={report} />
          </>
        )}
      </main>
    </MessagesContext.Provider>
  );
}

function indexOf(report: Report, questionId: string): number {
  return Math.max(
    0,
    report.answers.findIndex((answer) => answer.question_id === questionId),
  );
}

interface TabsProps {
  report: Report;
  selected: number;
  onSelect: (index: number) => void;
}

function Tabs({ report, selected, onSelect }: TabsProps) {
  return (
    <MessagesContext.Consumer>
      {(messages) => (
        <div
          class="segments tabs"
          role="tablist"
          aria-label={messages.answers}
          onKeyDown={(event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            if (step === 0) return;
            const next = (selected + step + report.answers.length) % report.answers.length;
            onSelect(next);
            document.getElementById(`tab-${next}`)?.focus();
          }}
        >
          {report.answers.map((answer, index) => (
            <button
              type="button"
              role="tab"
              key={answer.question_id}
              id={`tab-${index}`}
              aria-selected={index === selected}
              aria-controls={`answer-${index}`}
              tabIndex={index === selected ? 0 : -1}
              data-testid={`tab-${index}`}
              onClick={() => onSelect(index)}
            >
              {messages.question(index + 1)}
            </button>
          ))}
        </div>
      )}
    </MessagesContext.Consumer>
  );
}

function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <MessagesContext.Consumer>
      {(messages) => (
        <section class="card" role="alert" data-testid="failed" data-code={problem.code}>
          <h1>{messages.failed}</h1>
          <p>
            {problem.status === 401 || problem.status === 403
              ? messages.failedAccess
              : problem.status === 404
                ? messages.failedMissing
                : problem.detail || messages.failedOther}
          </p>
          <button type="button" class="primary" onClick={retry}>
            {messages.tryAgain}
          </button>
        </section>
      )}
    </MessagesContext.Consumer>
  );
}
