import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type ReportMessages, reportEn } from "../locales/report.en";
import type { Text, Titles } from "./types";

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

export const TitlesContext = createContext<Titles>({});

export interface Names {
  dimension: (name: string) => string;
  criterion: (question: string, id: string) => string;
}

/** What people read in the place of identifiers: the position's own titles, where it has some. */
export function namesOf(messages: ReportMessages, titles: Titles): Names {
  const title = (text: Text | undefined) =>
    typeof text === "string" ? text : (text?.[messages.code] ?? Object.values(text ?? {})[0]);
  return {
    dimension: (name) => title(titles.dimensions?.[name]) ?? messages.knownDimensions[name] ?? words(name),
    criterion: (question, id) => title(titles.criteria?.[question]?.[id]) ?? words(id),
  };
}

export function useNames(): Names {
  return namesOf(useMessages(), useContext(TitlesContext));
}
