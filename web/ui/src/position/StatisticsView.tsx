import { useEffect, useState } from "preact/hooks";
import { namesOf, number, useMessages, words } from "../report/context";
import { saveFile } from "../saveFile";
import { usePositionMessages } from "./context";
import { DriftSection } from "./DriftSection";
import { ImpactSection } from "./ImpactSection";
import { Histogram, Table } from "./plots";
import type { PositionSource } from "./source";
import type { Spread, Statistics } from "./types";

interface StatisticsViewProps {
  source: PositionSource;
  locale: string;
  onTitle: (title: string) => void;
  onFailed: (error: unknown) => void;
}

/** How a position's interviews came out, as a whole. */
export function StatisticsView({ source, locale, onTitle, onFailed }: StatisticsViewProps) {
  const messages = usePositionMessages();
  const report = useMessages();
  const [statistics, setStatistics] = useState<Statistics | null>(null);
  useEffect(() => {
    source.statistics(locale).then((found) => {
      setStatistics(found);
      onTitle(found.title);
    }, onFailed);
  }, [source, locale]);
  if (statistics === null) return <p class="loading">{messages.loading}</p>;
  const { funnel, agreement, survey } = statistics;
  const names = namesOf(report, statistics.titles ?? {});
  const most = Math.max(1, funnel.invited ?? 0);
  const value = (found: number | null) => (found === null ? "–" : number(found));
  const share = (found: number | null) => (found === null ? "–" : `${Math.round(found * 100)} %`);
  const spread = (found: Spread) => [
    String(found.count),
    value(found.mean),
    value(found.median),
    value(found.minimum),
    value(found.maximum),
  ];
  const spreadHead = [messages.count, messages.mean, messages.median, messages.minimum, messages.maximum];

  return (
    <>
      <section class="card" data-testid="funnel">
        <h2>{messages.funnel}</h2>
        <ul class="bars">
          {Object.entries(messages.stages).map(([stage, name]) => (
            <li key={stage}>
              <span>{name}</span>
              <span class="points">{funnel[stage] ?? 0}</span>
              <progress max={most} value={funnel[stage] ?? 0} aria-label={name} />
            </li>
          ))}
        </ul>
        {statistics.truncated && <p class="hint">{messages.truncated}</p>}
      </section>
      <section class="card">
        <h2>{messages.scores}</h2>
        <Histogram name={messages.scores} counts={statistics.score.distribution} top={100} />
        <Table
          name={messages.scores}
          head={[messages.dimension, ...spreadHead]}
          rows={[
            [report.total, ...spread(statistics.score)],
            ...Object.entries(statistics.dimensions).map(([name, found]) => [
              names.dimension(name),
              ...spread(found),
            ]),
          ]}
        />
      </section>
      <section class="card">
        <h2>{messages.questions}</h2>
        <p class="hint">{messages.questionsHint}</p>
        <Table
          name={messages.questions}
          head={[messages.question, messages.count, messages.difficulty, messages.discrimination]}
          rows={statistics.questions.map((each) => [
            statistics.question_texts[each.question_id] ?? words(each.question_id),
            String(each.count),
            share(each.difficulty),
            each.discrimination === null ? "–" : each.discrimination.toFixed(2),
          ])}
        />
      </section>
      <section class="card">
        <h2>{messages.channels}</h2>
        <Table
          name={messages.channels}
          head={[messages.channel, messages.stages.invited, messages.stages.submitted, messages.mean]}
          rows={statistics.channels.map((each) => [
            each.channel ?? messages.noChannel,
            String(each.invited),
            String(each.submitted),
            value(each.score.mean),
          ])}
        />
      </section>
      <section class="card">
        <h2>{messages.agreement}</h2>
        <p class="hint">{messages.agreementHint}</p>
        <Table
          name={messages.agreement}
          head={["", messages.wentOn, messages.rejected]}
          rows={[
            [
              messages.suggested,
              String(agreement.suggested_and_taken),
              String(agreement.suggested_and_rejected),
            ],
            [messages.below, String(agreement.below_and_taken), String(agreement.below_and_rejected)],
          ]}
        />
        <p>
          {messages.agreementRate(share(agreement.agreement), share(agreement.override_rate))}
          {agreement.kappa !== null && ` ${messages.kappa(agreement.kappa.toFixed(2))}`}
        </p>
      </section>
      <DriftSection drift={statistics.drift} />
      {statistics.demographics.length > 0 && (
        <ImpactSection source={source} characteristics={statistics.demographics} />
      )}
      <section class="card">
        <h2>{messages.survey}</h2>
        <p>{messages.surveyText(survey.answered, value(survey.rating.mean), value(survey.fairness.mean))}</p>
      </section>
      <p>
        <button
          type="button"
          class="secondary"
          data-testid="save-csv"
          onClick={() =>
            source
              .statisticsCsv()
              .then((text) => saveFile(`${statistics.position}.csv`, "text/csv", text), onFailed)
          }
        >
          {messages.saveCsv}
        </button>
      </p>
    </>
  );
}
