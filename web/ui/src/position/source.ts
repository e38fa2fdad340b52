/** Where a position's comparison and statistics come from. */

import { request, requestText } from "../api";
import type { Comparison, Impact, Statistics } from "./types";

export interface PositionSource {
  /** `question` and `interviews` are the server's choice where they are absent. */
  comparison: (locale: string, question?: string, interviews?: string[]) => Promise<Comparison>;
  statistics: (locale: string) => Promise<Statistics>;
  statisticsCsv: () => Promise<string>;
  impact: (by: string) => Promise<Impact>;
  impactCsv: (by: string) => Promise<string>;
}

const TIMEOUT_MS = 60_000;

export function positionSource(position: string, access: string | null): PositionSource {
  const id = encodeURIComponent(position);
  const headers: Record<string, string> = access === null ? {} : { "x-viva-access": access };
  const options = { headers, timeout: TIMEOUT_MS };
  const statistics = `/api/v1/statistics/positions/${id}`;
  const query = (fields: Record<string, string | undefined>) => {
    const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
    return new URLSearchParams(given).toString();
  };
  return {
    comparison: (locale, question, interviews) =>
      request<Comparison>(
        `/api/v1/positions/${id}/comparison?${query({ locale, question, interviews: interviews?.join(",") })}`,
        options,
      ),
    statistics: (locale) => request<Statistics>(`${statistics}?${query({ locale })}`, options),
    statisticsCsv: () => requestText(`${statistics}?format=csv`, options),
    impact: (by) => request<Impact>(`${statistics}/impact?${query({ by })}`, options),
    impactCsv: (by) => requestText(`${statistics}/impact?${query({ by, format: "csv" })}`, options),
  };
}
