/**
 * 报告里由程序写成的英文句子（报告首先给程序读）的中文说法。候选人说的话从不改写。
 * Each line must match its whole sentence: what a candidate said is never reworded.
 */
const SENTENCES: [RegExp, string][] = [
  // Evidence and absences of the rubric.
  [/^needs (\d+) of: (.+)$/, "至少需要 $1 项：$2"],
  [/^no number of at least (\S+) ?(.*); the largest is (\S+)$/, "没有提到不小于 $1 $2 的数字；最大的是 $3"],
  [/^no number of at least (\S+) ?(.*)$/, "没有提到不小于 $1 $2 的数字"],
  [/^no number above (\S+) ?(.*); the largest is (\S+)$/, "没有提到大于 $1 $2 的数字；最大的是 $3"],
  [/^no number above (\S+) ?(.*)$/, "没有提到大于 $1 $2 的数字"],
  [/^(\d+) of (\d+) thoughts tied together$/, "连贯的表述有 $1 处；期望 $2 处"],
  [/^not covered: (.+)$/, "没有提到：$1"],
  [/^takes up (\d+) % of the question's words$/, "回应了题目中 $1% 的词"],
  [/^takes up (\d+) % of the question's words: not about it$/, "只回应了题目中 $1% 的词：与题目无关"],
  // By the model of sentences that is named; with word overlap, half by each.
  [
    /^comes (\d+) % of the way to the question, by word_overlap\+(\S+)$/,
    "与题目相符 $1%（由词语重合与模型 $2 各计一半）",
  ],
  [
    /^comes (\d+) % of the way to the question, by word_overlap\+(\S+): not about it$/,
    "与题目只相符 $1%（由词语重合与模型 $2 各计一半）：与题目无关",
  ],
  [/^comes (\d+) % of the way to the question, by (\S+)$/, "与题目相符 $1%（按 $2 计）"],
  [/^(\d+) words per minute$/, "每分钟 $1 个词"],
  [/^(\d+) characters per minute$/, "每分钟 $1 个字"],
  [/^(\d+) words per minute; wanted (\d+) to (\d+)$/, "每分钟 $1 个词；期望 $2–$3"],
  [/^(\d+) characters per minute; wanted (\d+) to (\d+)$/, "每分钟 $1 个字；期望 $2–$3"],
  [/^([\d.]+) s of speech$/, "说话 $1 秒"],
  [/^([\d.]+) s of speech; wanted (\d+) s$/, "说话 $1 秒；期望 $2 秒"],
  [/^(\d+) fillers?, ([\d.]+) per minute$/, "口头语 $1 次，每分钟 $2 次"],
  [/^([\d.]+) fillers per minute; wanted at most ([\d.]+)$/, "每分钟口头语 $1 次；期望最多 $2 次"],
  [/^facing the camera (\d+) % of the time$/, "$1% 的时间面向镜头"],
  [/^(\d+) % of the time$/, "$1% 的时间"],
  [/^(\d+) smiles? seen; wanted (\d+)$/, "看到 $1 次微笑；期望 $2 次"],
  // Why something was not assessed.
  [/^no transcript to count words in$/, "没有文字记录，无法统计"],
  [/^recognition confidence ([\d.]+) is too low to judge by$/, "识别置信度 $1 过低，不足以评判"],
  [/^no sound track$/, "录像没有声音"],
  [/^no sound in the recording$/, "录像里没有声音"],
  [/^no picture$/, "录像没有画面"],
  [/^a written answer$/, "书面回答"],
  [/^deleted, as the time it is kept for is over$/, "保存期限已到，已删除"],
  [/^speech model not installed; run viva models fetch$/, "未安装语音模型；请运行 viva models fetch"],
  [/^the speech model (\S+) does not know (\S+)$/, "语音模型 $1 不支持语言 $2"],
  [/^the picture cannot be read: (.+)$/, "画面无法读取：$1"],
  // What a language model was asked.
  [/^no language model was asked$/, "没有询问语言模型"],
  [/^the language model quoted nothing, so its points are not given$/, "语言模型没有引用原话，因此不给分"],
  [
    /^the language model quoted what the candidate did not say, so its points are not given$/,
    "语言模型引用了候选人没有说过的话，因此不给分",
  ],
  [/^the language model did not answer in time$/, "语言模型没有及时回答"],
  [/^the language model cannot be reached$/, "无法连接语言模型"],
  [/^the language model refused the question \(status (\d+)\)$/, "语言模型拒绝了请求（状态 $1）"],
  [/^the language model's answer is not the JSON that was asked for$/, "语言模型的回答不是所要求的 JSON"],
  // Technical remarks.
  [
    /^(\S+), take (\d+): (?:.+) for ([\d.]+) s; technical, never counted$/,
    "题目 $1 第 $2 次录制，持续 $3 秒；属技术原因，从不计分",
  ],
  [
    /^(\S+), take (\d+): (?:.+) until its end; technical, never counted$/,
    "题目 $1 第 $2 次录制，直至结束；属技术原因，从不计分",
  ],
  // Observations for people.
  [
    /^(\S+): nobody in the picture for ([\d.]+) s; for people to look at, never counted$/,
    "题目 $1：画面无人 $2 秒；供人查看，从不计分",
  ],
  [
    /^(\S+): a second face in the picture for ([\d.]+) s; for people to look at, never counted$/,
    "题目 $1：画面里有第二张脸 $2 秒；供人查看，从不计分",
  ],
  [
    /^(\S+): a voice of another pitch within ([\d.]+) s; for people to look at, never counted$/,
    "题目 $1：$2 秒内有音高不同的声音；供人查看，从不计分",
  ],
  [
    /^(\S+): eyes moving as over lines of text for ([\d.]+) s; for people to look at, never counted$/,
    "题目 $1：目光逐行移动 $2 秒；供人查看，从不计分",
  ],
  [
    /^(\S+): another window or page in use for ([\d.]+) s; for people to look at, never counted$/,
    "题目 $1：使用其他窗口或页面 $2 秒；供人查看，从不计分",
  ],
  [
    /^(\S+): (\d+) characters appeared at once; for people to look at, never counted$/,
    "题目 $1：一次出现 $2 个字符；供人查看，从不计分",
  ],
  [/^(\S+): (.+); technical, never counted$/, "$1：$2；属技术原因，从不计分"],
  [
    /^transcribed by the demonstration model, which must not be used to judge real candidates$/,
    "文字由演示模型转写，该模型不得用于评判真实的应聘者",
  ],
];

/** What the rubric heard and does not count, said after the sentence itself. */
const NO_EVIDENCE = "; no evidence: ";
/** The parts of a story, as the rubric names them. */
const NOT_HEARD = "not heard: ";
const PARTS: Record<string, string> = { situation: "背景", steps: "做法", result: "结果" };
const SET_ASIDE: Record<string, string> = {
  "terms without sentences": "没有成句的词语",
  "the question's own words": "复述题目",
  "what the candidate says is not so": "候选人否认的内容",
};

/** The sentence in Chinese, or as it is. */
export function sentenceZh(sentence: string): string {
  const [told, setAside] = sentence.split(NO_EVIDENCE);
  const reasons = setAside?.split(", ").map((reason) => SET_ASIDE[reason]);
  if (told !== undefined && reasons?.every((reason) => reason !== undefined)) {
    return `${sentenceZh(told)}；以下不作证据：${reasons.join("、")}`;
  }
  if (sentence.startsWith(NOT_HEARD)) {
    const parts = sentence.slice(NOT_HEARD.length).split(", ");
    return `没有听到：${parts.map((part) => PARTS[part] ?? part).join("、")}`;
  }
  for (const [english, chinese] of SENTENCES) {
    if (english.test(sentence)) return sentence.replace(english, chinese);
  }
  return sentence;
}
