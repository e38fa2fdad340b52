/** Which screen the candidate sees: a pure function of the server's view and of what this page itself knows. */

import { currentQuestion, isRecording, openTake, type View } from "./view";

export type Screen =
  | "landing"
  | "way"
  | "consent"
  | "identity"
  | "check"
  | "practice"
  | "wait"
  | "ready"
  | "rest"
  | "prompt"
  | "think"
  | "record"
  | "review"
  | "text"
  | "submit"
  | "done"
  | "error"
  | "replaced";

/** What only this page knows; a reload forgets it, and nothing of the interview depends on it. */
export interface PageState {
  /** "Start" was pressed on the landing page. */
  begun: boolean;
  /** A way was chosen of those that are offered. */
  wayChosen: boolean;
  /** The candidate practises: nothing of it leaves the device. */
  practising: boolean;
  /** The candidate takes a break: camera and microphone are off. */
  resting: boolean;
  /** The device check of this page was passed. */
  checkPassed: boolean;
  /** The interview was opened elsewhere. */
  replaced: boolean;
}

export function screenOf(view: View, page: PageState): Screen {
  if (page.replaced) return "replaced";
  switch (view.state) {
    case "invited":
    case "opened":
      if (!page.begun) return "landing";
      return page.wayChosen ? "consent" : "way";
    case "consented":
      return view.identity.length > 0 && !view.identified ? "identity" : "check";
    case "checked":
      // A reload has no camera yet: check it again before the first question starts its clock.
      return page.checkPassed || !needsCamera(view) ? answering(view, page) : "check";
    case "in_progress":
      return answering(view, page);
    case "submitted":
    case "analysed":
    case "decided":
      return "done";
    case "expired":
    case "withdrawn":
    case "erased":
      return "error";
  }
}

function answering(view: View, page: PageState): Screen {
  const question = currentQuestion(view);
  // A further question may come of the last answer: three seconds at most.
  if (view.follow_up_until !== null && (question === undefined || question.opened_at === null)) return "wait";
  if (question === undefined) return "submit";
  if (question.opened_at === null) return page.resting ? "rest" : page.practising ? "practice" : "ready";
  if (question.prompt?.is_over === false) return "prompt";
  if (question.kind !== "video") return "text";
  const take = openTake(question);
  // What records already goes on to its end.
  if (view.accommodations.typed_answers && !(take && isRecording(take))) return "text";
  if (take === undefined) return "review";
  return isRecording(take) ? "record" : "think";
}

/** Whether a question that needs the camera is still to come. */
export function needsCamera(view: View): boolean {
  if (view.accommodations.typed_answers && !view.questions.some((q) => q.takes.some(isRecording)))
    return false;
  return view.questions.some((question) => question.kind === "video" && question.status !== "answered");
}

/** Whether the camera and the connection should be on: from the device check to the last video answer. */
export function wantsMedia(view: View, page: PageState): boolean {
  const screen = screenOf(view, page);
  const during = [
    "check",
    "practice",
    "wait",
    "ready",
    "prompt",
    "think",
    "record",
    "review",
    "text",
  ].includes(screen);
  return during && needsCamera(view);
}

/** The next deadline on the server's clock after which the view must have changed; `null` when there is none. */
export function nextDeadline(view: View): number | null {
  const question = currentQuestion(view);
  const take = question && openTake(question);
  if (!take) return view.follow_up_until ?? question?.deadline ?? null;
  return take.state === "thinking" ? take.think_deadline : take.answer_deadline;
}
