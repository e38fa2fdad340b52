/** Where the report comes from. */

import { request } from "../api";
import type { Edit } from "../code/typing";
import type { IdentityValue, Report, Timelines } from "./types";

export interface ReportSource {
  report: () => Promise<Report>;
  identity: () => Promise<IdentityValue[]>;
  timelines: (takeId: string) => Promise<Timelines>;
  writing: (questionId: string) => Promise<{ edits: Edit[]; whole: boolean }>;
}

export function reportSource(interview: string, access: string | null): ReportSource {
  const base = `/api/v1/interviews/${encodeURIComponent(interview)}`;
  const headers: Record<string, string> = access === null ? {} : { "x-viva-access": access };
  return {
    report: () => request<Report>(`${base}/report`, { headers }),
    identity: () =>
      request<{ fields: IdentityValue[] }>(`${base}/identity`, { headers }).then(({ fields }) => fields),
    timelines: (takeId) =>
      request<Timelines>(`${base}/takes/${encodeURIComponent(takeId)}/timelines`, { headers }),
    writing: (questionId) =>
      request<{ edits: Edit[]; whole: boolean }>(
        `${base}/questions/${encodeURIComponent(questionId)}/writing`,
        { headers },
      ),
  };
}
