/** Changes to the offer that no browser API offers. Pure text in, text out. */

/**
 * Offers NACK for Opus: lost audio packets are then repaired, which transcription needs.
 * LiveKit's client does the same; browsers do not offer it by themselves.
 */
export function withAudioNack(sdp: string): string {
  const eol = sdp.includes("\r\n") ? "\r\n" : "\n";
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2\s*$/im.exec(sdp)?.[1];
  if (payload === undefined) return sdp;
  const nack = new RegExp(`^a=rtcp-fb:${payload} nack\\s*$`, "m");
  if (nack.test(sdp)) return sdp;
  return sdp.replace(
    new RegExp(`^(a=rtpmap:${payload} opus/48000/2)\\s*?$`, "im"),
    `$1${eol}a=rtcp-fb:${payload} nack`,
  );
}

/** Bits per second that VP8 needs for a talking head of this size at 30 frames per second. */
export function maxBitrate(width: number, height: number): number {
  const BITS_PER_PIXEL_AND_FRAME = 0.075;
  const wanted = width * height * 30 * BITS_PER_PIXEL_AND_FRAME;
  return Math.round(Math.min(2_500_000, Math.max(300_000, wanted)));
}
