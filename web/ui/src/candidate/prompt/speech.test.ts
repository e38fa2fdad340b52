import { describe, expect, it } from "vitest";
import { sentences, voiceFor } from "./speech";

describe("reading aloud", () => {
  it("parts a text into sentences, in both languages", () => {
    expect(sentences("Hello? At last. It is a present … for tomorrow")).toEqual([
      "Hello?",
      "At last.",
      "It is a present …",
      "for tomorrow",
    ]);
    expect(sentences("喂？总算接通了。“怎么办？”你们说！")).toEqual([
      "喂？",
      "总算接通了。",
      "“怎么办？”",
      "你们说！",
    ]);
    expect(sentences("")).toEqual([]);
  });

  it("uses a voice of the device alone, in the right language", () => {
    const remote = { lang: "zh-CN", localService: false };
    const local = { lang: "zh_CN", localService: true };
    const usual = { lang: "zh-CN", localService: true, default: true };
    const english = { lang: "en-US", localService: true };
    expect(voiceFor([remote, english], "zh")).toBeNull();
    expect(voiceFor([remote, english, local, usual], "zh")).toBe(usual);
    expect(voiceFor([remote, english, local], "zh")).toBe(local);
  });
});
