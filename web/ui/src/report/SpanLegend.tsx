import { clockText } from "../capture/clock";
import { useMessages } from "./context";
import type { Face, Span } from "./types";

/** More would fill the page; the drawing has them all. */
const SHOWN = 12;

interface SpanLegendProps {
  away: Span[];
  unread: NonNullable<Face["not_assessed"]>;
}

/** What the boxes in the plots stand for, with their times: for print, and for those who do not see the drawing. */
export function SpanLegend({ away, unread }: SpanLegendProps) {
  const messages = useMessages();
  if (away.length + unread.length === 0) return null;
  return (
    <ul class="span-legend hint" data-testid="span-legend">
      {away.length > 0 && (
        <li>
          <Swatch kind="away" />
          <strong>{messages.curves.away}</strong> {times(away, messages.awayHint)}
        </li>
      )}
      {unread.length > 0 && (
        <li>
          <Swatch kind="unread" />
          <strong>{messages.unread}</strong> {times(unread, messages.unreadHint)}
        </li>
      )}
    </ul>
  );

  function times(spans: (Span & { reason?: string })[], hint: string): string {
    const listed = spans.slice(0, SHOWN).map(({ start_ms, end_ms, reason }) => {
      const why = reason === undefined ? "" : messages.inBrackets(messages.unreadReasons[reason] ?? reason);
      return `${clockText(start_ms)}–${clockText(end_ms)}${why}`;
    });
    if (spans.length > SHOWN) listed.push(messages.andMore(spans.length - SHOWN));
    return messages.hintAndTimes(hint, listed);
  }
}

function Swatch({ kind }: { kind: string }) {
  return (
    <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
      <rect class={kind} width={16} height={16} />
    </svg>
  );
}
