/** What candidates read where a position asks something about them; loaded only then. */

import type { IdentityFault } from "./check";

const en = {
  title: "About you",
  lead: "The employer asks for this to know whose answers they see. It is never scored.",
  kept: (days: number) =>
    `Kept encrypted, seen by the hiring team alone, and deleted with your answers after ${days} days at the latest, or at once when you ask for it.`,
  optional: "may be left out",
  masked: "Shown masked in reports.",
  continue: "Continue",
  correct: "Your details",
  until:
    "You can put them right until you send your interview. After that, please write to the employer's contact person.",
  save: "Save",
  saved: "Saved.",
  faults: {
    missing: "Please write something here.",
    too_long: "This is longer than we can keep.",
    no_name: "Please write your name with letters.",
    no_phone: "Please write the number with its digits, as in +86 138 0013 8000.",
    no_email: "Please check the address; it should look like name@example.org.",
    id_shape: "The number has 18 characters: digits, and perhaps an X at the end.",
    id_birthday: "Please check digits 7 to 14: they are your birthday (year, month, day).",
    id_checksum: "One of the characters does not fit the others. Please compare it with your card.",
    unknown: "This is not asked for.",
  } satisfies Record<IdentityFault, string>,
};

const zh: typeof en = {
  title: "您的信息",
  lead: "用人单位需要知道是谁的回答。这些内容绝不计分。",
  kept: (days) => `加密保存，只有招聘团队能看到；最迟 ${days} 天后与您的回答一起删除，您要求删除时立即删除。`,
  optional: "可以不填",
  masked: "报告中只显示部分号码。",
  continue: "继续",
  correct: "您的信息",
  until: "提交面试之前，您随时可以更正。提交之后，请联系用人单位的联系人。",
  save: "保存",
  saved: "已保存。",
  faults: {
    missing: "请填写这一项。",
    too_long: "内容太长，无法保存。",
    no_name: "请用文字填写姓名。",
    no_phone: "请填写数字号码，例如 +86 138 0013 8000。",
    no_email: "请检查邮箱地址，格式如 name@example.org。",
    id_shape: "身份证号码为 18 位：数字，最后一位可能是 X。",
    id_birthday: "请检查第 7 至 14 位：应为您的出生年月日。",
    id_checksum: "其中有一位与其他数字对不上，请对照证件检查。",
    unknown: "不需要填写这一项。",
  },
};

export function identityMessages(locale: string): typeof en {
  return locale === "zh" ? zh : en;
}
