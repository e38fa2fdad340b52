/** What candidates read around a prompt; loaded only with one. */

const en = {
  title: "First, a scene",
  leadMedia: "Watch or listen as often as you like. No clock runs, and nothing is recorded.",
  leadSpeech: "Read it, or have it read aloud, as often as you like. No clock runs, and nothing is recorded.",
  captions: "Captions",
  aloud: "Read aloud",
  stop: "Stop reading",
  voice: "Read by your device's own computer voice.",
  noVoice: "Your device has no voice for this language: everything is here in writing.",
  failed:
    "This did not play. You can try again, or go on: please tell the hiring team under “Help” if it stays like this.",
  ready: "I am ready: show the question",
  next: "The time to think starts when the question is shown.",
  nextFree: "Then you can think as long as you like.",
  again: "The scene once more",
};

const zh: typeof en = {
  title: "先看一个情景",
  leadMedia: "您想看、想听多少遍都可以。现在不计时，也不录制。",
  leadSpeech: "您可以自己读，也可以让设备朗读，多少遍都可以。现在不计时，也不录制。",
  captions: "字幕",
  aloud: "朗读",
  stop: "停止朗读",
  voice: "由您设备自带的合成语音朗读。",
  noVoice: "您的设备没有这种语言的语音，全部内容都在这里。",
  failed: "没有播放成功。您可以再试一次，也可以继续；如果一直这样，请在“帮助”中告诉招聘团队。",
  ready: "我准备好了，显示问题",
  next: "问题显示后，思考时间开始计时。",
  nextFree: "之后您想思考多久都可以。",
  again: "再看一次情景",
};

export type PromptMessages = typeof en;

export function promptMessages(locale: string): PromptMessages {
  return locale === "zh" ? zh : en;
}
