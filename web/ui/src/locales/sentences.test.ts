import { describe, expect, it } from "vitest";
import { sentenceZh } from "./sentences.zh";

const sources = import.meta.glob<string>("../../../../server/core/src/rubric/{judge,judge/*}.rs", {
  eager: true,
  import: "default",
  query: "?raw",
});

/** The sentences that the rubric writes, as templates of the server's source. */
const written = [
  ...Object.values(sources)
    .join("\n")
    .matchAll(/format!\(\s*"((?:[^"\\]|\\.)*)"/g),
]
  .map((match) => match[1] ?? "")
  .filter((template) => /^[^;]*[a-z]/.test(template.replace(/\{[^}]*\}/g, "")));

/** A template with something in every hole. */
function filled(template: string): string {
  return template
    .replace("{wanted}", "above")
    .replace("{what}", "no number of at least 7 percent")
    .replace("{seen}", "7 % of the time")
    .replace(/(?<=\S)\{\}$/, "; no evidence: the question's own words, terms without sentences")
    .replace(/\{unit\} per minute/g, "words per minute")
    .replace(/\{:[^}]*\}|\{[a-z_]*(:[^}]*)?\}/g, "7");
}

describe("sentences of the program", () => {
  it("are all known in Chinese", () => {
    expect(written.length).toBeGreaterThan(10);
    const unknown = written.map(filled).filter((sentence) => sentenceZh(sentence) === sentence);
    expect(unknown).toEqual([]);
  });

  it("keep their figures", () => {
    const off = "comes 7 % of the way to the question, by word_overlap+all-minilm-l6-v2: not about it";
    expect(sentenceZh(off)).toBe("与题目只相符 7%（由词语重合与模型 all-minilm-l6-v2 各计一半）：与题目无关");
    const beside = "no number above 5 people; the largest is 3; no evidence: the question's own words";
    expect(sentenceZh(beside)).toBe("没有提到大于 5 people 的数字；最大的是 3；以下不作证据：复述题目");
    expect(sentenceZh("33.7 s of speech; wanted 40 s")).toBe("说话 33.7 秒；期望 40 秒");
    expect(sentenceZh("not heard: situation, result")).toBe("没有听到：背景、结果");
    expect(sentenceZh("no number of at least 10 percent")).toBe("没有提到不小于 10 percent 的数字");
  });

  it("leave what a candidate said as it is", () => {
    const said = "We cut 12 s of speech processing time.";
    expect(sentenceZh(said)).toBe(said);
  });
});
