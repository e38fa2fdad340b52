import { describe, expect, it } from "vitest";
import { minutesNeeded } from "./estimate";
import { sampleQuestion, sampleTake, sampleView } from "./sampleView";
import { nextDeadline, type PageState, screenOf, wantsMedia } from "./screen";
import type { Take, View } from "./view";

const FRESH: PageState = {
  begun: false,
  wayChosen: false,
  practising: false,
  resting: false,
  checkPassed: false,
  replaced: false,
};
const PASSED: PageState = {
  begun: true,
  wayChosen: true,
  practising: false,
  resting: false,
  checkPassed: true,
  replaced: false,
};

function during(take: Take | null, over: Partial<View> = {}): View {
  const first = sampleQuestion({ status: "current", opened_at: 1, text: "?", takes: take ? [take] : [] });
  return sampleView({ state: "in_progress", questions: [first, sampleQuestion({ id: "q2" })], ...over });
}

describe("which screen", () => {
  it("walks from the landing page to the device check", () => {
    expect(screenOf(sampleView(), FRESH)).toBe("landing");
    const begun = { ...FRESH, begun: true };
    expect(screenOf(sampleView({ state: "opened" }), begun)).toBe("way");
    expect(screenOf(sampleView({ state: "opened" }), { ...begun, wayChosen: true })).toBe("consent");
    expect(screenOf(sampleView({ state: "consented" }), FRESH)).toBe("check");
  });

  it("checks the devices of a page that was reloaded before the first question", () => {
    expect(screenOf(sampleView({ state: "checked" }), FRESH)).toBe("check");
    expect(screenOf(sampleView({ state: "checked" }), PASSED)).toBe("ready");
  });

  it("asks who somebody is between consent and check, once", () => {
    const field = { id: "name", kind: "full_name", label: "Name", hint: null, required: true } as const;
    const asking = { state: "consented", identity: [field] } as const;
    expect(screenOf(sampleView({ ...asking, identity: [field] }), FRESH)).toBe("identity");
    expect(screenOf(sampleView({ ...asking, identity: [field], identified: true }), FRESH)).toBe("check");
  });

  it("rests between questions with the camera off, and never in one", () => {
    const resting = { ...PASSED, resting: true };
    const view = sampleView({ state: "in_progress" });
    expect(screenOf(view, resting)).toBe("rest");
    expect(wantsMedia(view, resting)).toBe(false);
    expect(wantsMedia(view, PASSED)).toBe(true);
    expect(screenOf(during(sampleTake()), resting)).toBe("think");
  });

  it("shows the prompt before the question, also to who writes", () => {
    const prompt = {
      speech: "Hello?",
      media_url: null,
      media_type: null,
      captions_url: null,
      is_over: false,
    };
    const first = sampleQuestion({
      status: "current",
      opened_at: 1,
      has_prompt: true,
      prompt,
      takes: [sampleTake()],
    });
    const before = sampleView({ state: "in_progress", questions: [first] });
    expect(screenOf(before, FRESH)).toBe("prompt");
    expect(wantsMedia(before, FRESH)).toBe(true);
    const typed = { ...before.accommodations, typed_answers: true };
    expect(screenOf({ ...before, accommodations: typed }, FRESH)).toBe("prompt");
    const over = { ...first, prompt: { ...prompt, is_over: true } };
    expect(screenOf({ ...before, questions: [over] }, FRESH)).toBe("think");
  });

  it("looks again when no further question can come any more", () => {
    const answered = sampleQuestion({ status: "answered", opened_at: 1 });
    const view = sampleView({ state: "in_progress", questions: [answered], follow_up_until: 7_000 });
    expect(nextDeadline(view)).toBe(7_000);
    expect(screenOf(view, PASSED)).toBe("wait");
    const before = sampleView({ state: "in_progress", follow_up_until: 7_000 });
    expect([screenOf(before, PASSED), wantsMedia(before, PASSED)]).toEqual(["wait", true]);
  });

  it("practises only while no question is open", () => {
    const practising = { ...PASSED, practising: true };
    expect(screenOf(sampleView({ state: "checked" }), practising)).toBe("practice");
    expect(screenOf(during(sampleTake()), practising)).toBe("think");
  });

  it("lets whoever writes write, but never cuts off what records", () => {
    const writing = { accommodations: { ...sampleView().accommodations, typed_answers: true } };
    expect(screenOf(during(sampleTake(), writing), PASSED)).toBe("text");
    expect(wantsMedia(during(sampleTake(), writing), PASSED)).toBe(false);
    const recording = during(sampleTake({ state: "recording" }), writing);
    expect(screenOf(recording, PASSED)).toBe("record");
    expect(wantsMedia(recording, PASSED)).toBe(true);
  });

  it("needs no camera where no question does", () => {
    const written = sampleView({ state: "checked", questions: [sampleQuestion({ kind: "text" })] });
    expect(screenOf(written, FRESH)).toBe("ready");
    expect(wantsMedia(written, FRESH)).toBe(false);
  });

  it("goes on exactly where it was, also on a page that knows nothing", () => {
    const states: [Take["state"], string][] = [
      ["thinking", "think"],
      ["recording", "record"],
      ["interrupted", "record"],
      ["recorded", "review"],
      ["faulted", "review"],
    ];
    for (const [state, screen] of states) {
      expect(screenOf(during(sampleTake({ state })), FRESH)).toBe(screen);
      expect(screenOf(during(sampleTake({ state })), PASSED)).toBe(screen);
    }
  });

  it("records a further take although an earlier one is there", () => {
    const question = sampleQuestion({
      status: "current",
      opened_at: 1,
      takes: [sampleTake({ state: "recorded" }), sampleTake({ id: "t2", number: 2, state: "recording" })],
    });
    expect(screenOf(sampleView({ state: "in_progress", questions: [question] }), FRESH)).toBe("record");
  });

  it("waits between questions, then offers to submit", () => {
    const answered = sampleQuestion({ status: "answered", opened_at: 1 });
    const one = sampleView({ state: "in_progress", questions: [answered, sampleQuestion({ id: "q2" })] });
    expect(screenOf(one, FRESH)).toBe("ready");
    const all = sampleView({ state: "in_progress", questions: [answered] });
    expect(screenOf(all, FRESH)).toBe("submit");
    expect(wantsMedia(all, FRESH)).toBe(false);
  });

  it("shows written questions as forms", () => {
    const question = sampleQuestion({ kind: "choice", status: "current", opened_at: 1 });
    expect(screenOf(sampleView({ state: "in_progress", questions: [question] }), FRESH)).toBe("text");
  });

  it("ends", () => {
    for (const state of ["submitted", "analysed", "decided"] as const) {
      expect(screenOf(sampleView({ state }), FRESH)).toBe("done");
    }
    for (const state of ["expired", "withdrawn", "erased"] as const) {
      expect(screenOf(sampleView({ state }), PASSED)).toBe("error");
    }
  });

  it("stops camera and timers once the interview goes on elsewhere", () => {
    const view = during(sampleTake({ state: "recording" }));
    const replaced = { ...PASSED, replaced: true };
    expect(screenOf(view, replaced)).toBe("replaced");
    expect(wantsMedia(view, PASSED)).toBe(true);
    expect(wantsMedia(view, replaced)).toBe(false);
  });

  it("asks for the camera no earlier than the device check", () => {
    expect(wantsMedia(sampleView(), FRESH)).toBe(false);
    expect(wantsMedia(sampleView({ state: "opened" }), { ...FRESH, begun: true })).toBe(false);
    expect(wantsMedia(sampleView({ state: "consented" }), FRESH)).toBe(true);
  });
});

describe("deadlines and times", () => {
  it("takes the deadline of what runs now", () => {
    expect(nextDeadline(during(sampleTake({ think_deadline: 5, answer_deadline: 9 })))).toBe(5);
    const recording = sampleTake({ state: "recording", think_deadline: 5, answer_deadline: 9 });
    expect(nextDeadline(during(recording))).toBe(9);
    expect(nextDeadline(during(sampleTake({ state: "recorded", answer_deadline: 9 })))).toBeNull();
    expect(nextDeadline(sampleView())).toBeNull();
  });

  it("estimates the time from the questions", () => {
    // 120 s to check, twice 30 + 60 + 30 s.
    expect(minutesNeeded(sampleView())).toBe(6);
  });
});
