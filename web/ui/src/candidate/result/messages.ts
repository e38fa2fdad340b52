/** What a candidate reads of the result; loaded only once there is one. */

import { type ReportMessages, reportEn } from "../../locales/report.en";
import { reportZh } from "../../locales/report.zh";
import type { Outcome } from "./types";

const en = {
  report: reportEn as ReportMessages,
  heard: "What was understood of your answers",
  heardText:
    "The words below were written down by software, which makes mistakes. If something is wrong, correct it: the result is made again, and the hiring team sees both.",
  correct: "Correct",
  correction: "What you really said",
  send: "Send the correction",
  cancel: "Leave it",
  corrected: "Thank you. The result is being made again with your correction.",
  failed: "That did not go through. Your words are still here: please try again in a moment.",
  noticed: "What was noticed",
  noticedText:
    "The software noted these moments for people to look at. They never count towards a score, and there is often a simple reason. You can add it: the hiring team reads it beside the moment.",
  noticedKinds: {
    nobody_in_frame: "Nobody was in the picture.",
    second_face: "A second face was in the picture.",
    second_voice: "Another voice seemed to speak.",
    reading_pattern: "Eyes seemed to follow lines of text.",
    focus_lost: "Another window or page was in use.",
    pasted_code: "A longer piece of code appeared at once.",
  } as Record<string, string>,
  addComment: "Add a comment",
  changeComment: "Change the comment",
  comment: "What you would like to say about it",
  yourComment: "Your comment",
  sendComment: "Send the comment",
  leaveComment: "Leave it",
  commented: "Thank you. Your comment now stands beside it.",
  result: "Your result",
  score: (score: string, most: number) => `${score} of ${most}`,
  noScore:
    "There is no total: too little could be measured, often because of the sound. That never counts against you; a person looks at your answers.",
  points: (points: string, most: string) => `${points} of ${most} points`,
  strong: "What was strong",
  improve: "What could be stronger",
  improveHint:
    "What the rules looked for and did not find. If you said it and were misheard, correct it below; if you said it in other words, ask for a person.",
  none: "Nothing stands out.",
  counted: "What counted",
  countedHint:
    "Looked for in your answers, by the same rules for everybody. How you chose to answer (more time, in writing, by voice alone) never counts.",
  weight: (percent: number) => `${percent} % of the result`,
  models: (names: string) => `Software that took part: ${names}. It suggests; a person decides.`,
  decision: "What was decided",
  outcomes: {
    advance: "The hiring team would like to go on with you.",
    hold: "The hiring team is keeping your application for later.",
    reject: "The hiring team will not go on with your application.",
    hire: "The hiring team would like to hire you.",
  } satisfies Record<Outcome, string>,
  contest: "If you do not agree",
  contestText:
    "Correct what was misunderstood, or ask for a person: the hiring team looks at your recordings itself. Neither is ever held against you.",
  person: "Ask for a person",
  personAsked: "The hiring team knows that you would like to talk to a person.",
};

const zh: typeof en = {
  report: reportZh,
  heard: "系统听到的内容",
  heardText: "以下文字由软件转写，可能有错。如有不对，请更正：结果会重新生成，招聘团队能看到更正前后的内容。",
  correct: "更正",
  correction: "您实际说的是",
  send: "提交更正",
  cancel: "不更正",
  corrected: "谢谢。正在按您的更正重新生成结果。",
  failed: "没有提交成功。您写的内容还在，请稍后再试。",
  noticed: "记下的情况",
  noticedText:
    "软件记下了以下时刻，供招聘团队查看。它们从不计分，往往有简单的原因。您可以写明原因，招聘团队会在旁边看到。",
  noticedKinds: {
    nobody_in_frame: "画面里没有人。",
    second_face: "画面里出现了第二张脸。",
    second_voice: "似乎有另一个人在说话。",
    reading_pattern: "目光似乎在逐行移动。",
    focus_lost: "使用了其他窗口或页面。",
    pasted_code: "一次出现了较长的代码。",
  },
  addComment: "写说明",
  changeComment: "修改说明",
  comment: "您想说明的情况",
  yourComment: "您的说明",
  sendComment: "提交说明",
  leaveComment: "不写说明",
  commented: "谢谢。您的说明已显示在旁边。",
  result: "您的结果",
  score: (score, most) => `${score} / ${most}`,
  noScore: "没有总分：能够测量的内容太少，常见原因是声音问题。这绝不会对您不利，会有人查看您的回答。",
  points: (points, most) => `${points} / ${most} 分`,
  strong: "表现突出之处",
  improve: "可以加强之处",
  improveHint:
    "规则要找而没有找到的内容。如果您说过但被听错，可以在下方更正；如果您换了说法，可以申请由人来看。",
  none: "没有特别之处。",
  counted: "哪些内容计分",
  countedHint:
    "在您的回答里寻找这些内容，规则对所有人相同。您选择的作答方式（更多时间、书面、仅语音）从不计分。",
  weight: (percent) => `占结果的 ${percent}%`,
  models: (names) => `参与的软件：${names}。软件只提建议，由人作出决定。`,
  decision: "决定",
  outcomes: {
    advance: "招聘团队希望与您继续。",
    hold: "招聘团队保留您的申请，以后再联系。",
    reject: "招聘团队不再继续您的申请。",
    hire: "招聘团队希望录用您。",
  },
  contest: "如果您不同意",
  contestText: "您可以更正听错的内容，也可以申请由人来看：招聘团队会亲自观看您的录像。两者都绝不会对您不利。",
  person: "申请由人来看",
  personAsked: "招聘团队已知道您希望由人来看。",
};

export type ResultMessages = typeof en;

export function resultMessages(locale: string): ResultMessages {
  return locale === "zh" ? zh : en;
}
