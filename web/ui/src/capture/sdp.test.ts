import { describe, expect, it } from "vitest";
import { maxBitrate, withAudioNack } from "./sdp";

const OFFER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 nack",
  "",
].join("\r\n");

describe("audio repair in the offer", () => {
  it("adds one line, for Opus, right after its mapping", () => {
    const lines = withAudioNack(OFFER).split("\r\n");
    expect(lines.length).toBe(OFFER.split("\r\n").length + 1);
    expect(lines[lines.indexOf("a=rtpmap:111 opus/48000/2") + 1]).toBe("a=rtcp-fb:111 nack");
  });

  it("changes nothing the second time, nor without Opus", () => {
    const once = withAudioNack(OFFER);
    expect(withAudioNack(once)).toBe(once);
    const videoOnly = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
    expect(withAudioNack(videoOnly)).toBe(videoOnly);
  });

  it("does not take the video's NACK for the audio's", () => {
    const samePrefix = OFFER.replaceAll("111", "9");
    expect(withAudioNack(samePrefix)).toContain("a=rtcp-fb:9 nack\r\n");
  });

  it("finds the payload type and line ends that a browser chose", () => {
    const other = OFFER.replaceAll("111", "109").replaceAll("\r\n", "\n");
    expect(withAudioNack(other)).toContain("a=rtpmap:109 opus/48000/2\na=rtcp-fb:109 nack\n");
  });
});

describe("the video's bitrate", () => {
  it("follows the picture's size within bounds", () => {
    expect(maxBitrate(1280, 720)).toBe(2_073_600);
    expect(maxBitrate(640, 360)).toBe(518_400);
    expect(maxBitrate(160, 120)).toBe(300_000);
    expect(maxBitrate(3840, 2160)).toBe(2_500_000);
  });
});
