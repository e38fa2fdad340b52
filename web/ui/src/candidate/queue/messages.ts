/** What candidates read while a full server lets them wait; loaded only then. */

const en = {
  place: (place: number, time: string) =>
    place === 1 ? `You are next; about ${time}.` : `You are number ${place} in the queue; about ${time}.`,
  byItself: "It goes on by itself when it is your turn. Please keep this page open.",
  needNotWait: "You need not wait for it.",
  deadline: (deadline: string) =>
    `Your time does not run out meanwhile: if your deadline comes close, it is moved. Now it is ${deadline}.`,
};

const zh: typeof en = {
  place: (place, time) =>
    place === 1 ? `下一位就是您，大约还需 ${time}。` : `您排在第 ${place} 位，大约还需 ${time}。`,
  byItself: "轮到您时会自动继续，请保持本页面打开。",
  needNotWait: "您不必等待，可以直接继续。",
  deadline: (deadline) => `等待期间不会耽误您的时间：如果临近截止，会自动顺延。目前的截止时间：${deadline}。`,
};

export function queueMessages(locale: string): typeof en {
  return locale === "zh" ? zh : en;
}
