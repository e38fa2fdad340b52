import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type ReportMessages, reportEn } from "../locales/report.en";

export const MessagesContext = createContext<ReportMessages>(reportEn);

export function useMessages(): ReportMessages {
  return useContext(MessagesContext);
}

/** A score without needless decimals. */
export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function percent(share: number): number {
  return Math.round(share * 100);
}

/** `closing-the-sale` and `closing_the_sale` as words. */
export function words(id: string): string {
  const spaced = id.replace(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export function dimensionName(messages: ReportMessages, name: string): string {
  return messages.knownDimensions[name] ?? words(name);
}
