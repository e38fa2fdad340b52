import { clockText } from "../capture/clock";
import { useMessages } from "./context";
import { curvePaths, extentOf, HEIGHT, type Range, rangeAround, spanBox, valueAt, WIDTH } from "./curve";
import { SpanLegend } from "./SpanLegend";
import { type Answer, present, type Span, type Timelines } from "./types";

interface TimelinePlotsProps {
  answer: Answer;
  timelines: Timelines | null;
  durationMs: number;
  ms: number;
  onSeek: (ms: number) => void;
}

const UNIT: Range = { least: -0.05, most: 1.05 };

/** Small plots that share the recording's time axis, with one cursor through all of them. */
export function TimelinePlots({ answer, timelines, durationMs, ms, onSeek }: TimelinePlotsProps) {
  const messages = useMessages();
  const names = messages.curves;
  const speech = present(answer.cues.speech);
  const face = present(answer.cues.face);
  const unread = face?.not_assessed ?? [];
  const away = face?.camera_facing && (face.looking_away ?? []);
  const rateUnit =
    speech?.characters_per_minute != null ? messages.perMinuteCharacters : messages.perMinuteWords;
  const step = timelines?.step_ms ?? 0;
  const cursor = Math.min(100, (ms / durationMs) * 100);
  const seekTo = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * durationMs);
  };
  const curve = (
    name: string,
    values: (number | null)[] | undefined,
    unit: string,
    kind: string,
    fixed?: Range,
    gaps: Span[] = [],
  ) => {
    const extent = values && extentOf(values);
    if (!values || !extent) return null;
    const now = valueAt(values, step, ms);
    const rounded = (value: number) => Math.round(value * (unit === "%" ? 100 : 1));
    return (
      <Plot
        name={name}
        value={messages.from(rounded(extent.least), rounded(extent.most), unit)}
        now={now === null ? "" : `${rounded(now)} ${unit}`}
        kind={kind}
      >
        {boxes(gaps, "unread")}
        {curvePaths(values, step, durationMs, fixed ?? rangeAround(extent)).map((path) => (
          <path key={path} d={path} />
        ))}
      </Plot>
    );
  };
  const boxes = (list: Span[], kind: string) =>
    list.map((span) => (
      <rect key={span.start_ms} class={kind} y={0} height={HEIGHT} {...spanBox(span, durationMs)} />
    ));
  const spans = (name: string, list: Span[] | undefined, kind: string, gaps: Span[] = []) =>
    list && (
      <Plot name={name} value={messages.times(list.length)} kind={`spans ${kind}`}>
        {boxes(gaps, "unread")}
        {boxes(list, "span")}
      </Plot>
    );

  return (
    <figure class="plots" data-testid="timelines">
      <figcaption>
        <h3>{messages.timelines}</h3>
        <span class="hint">{messages.timelinesHint}</span>{" "}
        <span class="hint pointer-hint">{messages.clickToJump}</span>
      </figcaption>
      <div class="plot-area">
        <div class="plot axis">
          <span class="plot-name">
            {clockText(ms)} / {clockText(durationMs)}
          </span>
          <input
            type="range"
            min={0}
            max={durationMs}
            step={100}
            value={ms}
            aria-label={messages.position_in}
            aria-valuetext={clockText(ms)}
            onInput={(event) => onSeek(Number(event.currentTarget.value))}
          />
        </div>
        {curve(names.loudness, timelines?.loudness_dbfs, "dB", "loudness")}
        {curve(names.rate, timelines?.speech_rate, rateUnit, "rate")}
        {spans(names.pauses, speech?.pauses, "pauses")}
        {spans(names.fillers, speech?.fillers, "fillers")}
        {curve(names.smile, timelines?.smile, "%", "smile", UNIT, unread) ??
          spans(names.smile, face?.smile?.spans, "smile", unread)}
        {curve(names.facing, timelines?.camera_facing, "%", "facing", UNIT, unread) ??
          spans(names.facing, face?.camera_facing?.spans, "facing", unread)}
        {spans(names.away, away, "away", unread)}
        {/* The pointer's own way to the same place as the slider above. */}
        <div class="plot-cursor-area" onClick={seekTo} aria-hidden="true">
          <div class="plot-cursor" style={{ left: `${cursor}%` }} />
        </div>
      </div>
      <SpanLegend away={away ?? []} unread={unread} />
      {timelines === null && <p class="hint">{messages.noTimelines}</p>}
    </figure>
  );
}

interface PlotProps {
  name: string;
  /** What the drawing says, in short. */
  value: string;
  /** Where the recording stands. */
  now?: string;
  kind: string;
  children: preact.ComponentChildren;
}

function Plot({ name, value, now, kind, children }: PlotProps) {
  return (
    <div class={`plot ${kind}`}>
      <span class="plot-name">
        {name} <small class={now === undefined ? "" : "in-print"}>{value}</small>
        {now !== undefined && <small class="on-screen">{now}</small>}
      </span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${value}`}
      >
        {children}
      </svg>
    </div>
  );
}
