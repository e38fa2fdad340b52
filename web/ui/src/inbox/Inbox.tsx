import { useEffect, useState } from "preact/hooks";
import { request } from "../api";
import { browserLocale, dateTime, tag } from "../locales/locale";
import { reportEn } from "../locales/report.en";
import { reportZh } from "../locales/report.zh";
import { PageHeader } from "../PageHeader";

interface Received {
  /** Unix milliseconds, or RFC 3339. */
  received_at: number | string;
  webhook_id: string;
  type: string;
  verified: boolean;
  body: unknown;
}

const POLL_MS = 2_000;

export function Inbox() {
  const [received, setReceived] = useState<Received[]>([]);
  const [offline, setOffline] = useState(false);
  const [locale, setLocale] = useState<string>(browserLocale());
  const messages = locale === "zh" ? reportZh : reportEn;
  const text = messages.inbox;
  useEffect(() => {
    const poll = () =>
      request<Received[]>("/demo/inbox.json").then(
        (list) => {
          setReceived(list);
          setOffline(false);
        },
        () => setOffline(true),
      );
    void poll();
    const timer = setInterval(poll, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    document.documentElement.lang = tag(locale);
    document.title = text.title;
  }, [locale]);

  const newestFirst = [...received].sort((a, b) => time(b) - time(a));
  return (
    <>
      <PageHeader
        name={text.title}
        title={text.count(received.length)}
        locale={locale}
        switchTo={messages.switchTo}
        onLocale={setLocale}
      />
      <main class="inbox">
        <h1>{text.title}</h1>
        <p class="lead">{text.lead}</p>
        {offline && (
          <p class="notice" role="alert">
            {text.offline}
          </p>
        )}
        {received.length === 0 && <p class="card">{text.empty}</p>}
        <ol class="events" data-testid="inbox" data-count={received.length}>
          {newestFirst.map((event) => (
            <li key={`${event.webhook_id} ${event.received_at}`} class="card" data-type={event.type}>
              <p class="event-head">
                <strong>{event.type}</strong>
                <span class={event.verified ? "good" : "bad"}>
                  {event.verified ? `✓ ${text.verified}` : `✗ ${text.unverified}`}
                </span>
                <time class="hint">{dateTime(time(event), locale)}</time>
              </p>
              <p class="hint id">{event.webhook_id}</p>
              <ReportLink event={event} label={text.open} />
              <details>
                <summary>{text.show}</summary>
                <pre tabIndex={0}>{JSON.stringify(event.body, null, 2)}</pre>
              </details>
            </li>
          ))}
        </ol>
      </main>
    </>
  );
}

/** The report's own link, where the event carries one that is safe to follow. */
function ReportLink({ event, label }: { event: Received; label: string }) {
  const data = (event.body as { data?: { result_url?: unknown } } | null)?.data;
  const url = data?.result_url;
  if (typeof url !== "string" || !/^(https?:\/\/|\/)/.test(url)) return null;
  return (
    <p>
      <a href={url}>{label}</a>
    </p>
  );
}

function time(event: Received): number {
  return typeof event.received_at === "number" ? event.received_at : Date.parse(event.received_at);
}
