import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api";
import { FailedCard } from "../FailedCard";
import { browserLocale, tag } from "../locales/locale";
import { type ReportMessages, reportEn } from "../locales/report.en";
import { reportZh } from "../locales/report.zh";
import { PageHeader } from "../PageHeader";
import { AnswerSection } from "./AnswerSection";
import { Conditions } from "./Conditions";
import { MessagesContext, TitlesContext } from "./context";
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
    const printed = [document.title, report?.position.title, report?.interview_id].filter(Boolean);
    document.documentElement.style.setProperty("--printed", JSON.stringify(printed.join(" · ")));
  }, [locale, report]);

  return (
    <MessagesContext.Provider value={messages}>
      <PageHeader
        name={messages.report}
        title={report?.position.title}
        locale={locale}
        switchTo={messages.switchTo}
        onLocale={setLocale}
      >
        <button type="button" class="quiet print-button" onClick={() => print()}>
          {messages.print}
        </button>
      </PageHeader>
      <main id="main" class="report" data-testid={report ? "report" : undefined}>
        {report === null && problem === null && <p class="loading">{messages.loading}</p>}
        {problem !== null && report === null && (
          <FailedCard
            code={problem.code}
            title={messages.failed}
            text={failure(problem, messages)}
            tryAgain={messages.tryAgain}
            onRetry={() => void load()}
          />
        )}
        {report !== null && (
          <TitlesContext.Provider value={report.titles ?? {}}>
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
          </TitlesContext.Provider>
        )}
      </main>
    </MessagesContext.Provider>
  );
}

function failure(problem: Problem, messages: ReportMessages): string {
  if (problem.status === 401 || problem.status === 403) return messages.failedAccess;
  if (problem.status === 404) return messages.failedMissing;
  return problem.detail || messages.failedOther;
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
