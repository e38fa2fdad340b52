/** Small things that depend on the language and on nothing else. */

import type { CandidateMessages } from "./en";

/** The language of the browser where there is no better information. */
export function browserLocale(): "en" | "zh" {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** A date with its time zone, so that a deadline means the same everywhere. */
export function dateTime(milliseconds: number, locale: string): string {
  return new Intl.DateTimeFormat(tag(locale), {
    dateStyle: "medium",
    timeStyle: "short",
    hour12: false,
  }).format(milliseconds);
}

export function zoneName(milliseconds: number, locale: string): string {
  const parts = new Intl.DateTimeFormat(tag(locale), { timeZoneName: "short" }).formatToParts(milliseconds);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

export function date(milliseconds: number, locale: string): string {
  return new Intl.DateTimeFormat(tag(locale), { dateStyle: "medium" }).format(milliseconds);
}

export function tag(locale: string): string {
  return locale === "zh" ? "zh-CN" : "en-GB";
}

/** What to tell a person about a problem: our own words for its code, else what the server wrote. */
export function problemText(messages: CandidateMessages, code: string, detail: string): string {
  const known = messages.errors as Record<string, string>;
  return known[code] ?? (detail || messages.errors.unknown);
}
