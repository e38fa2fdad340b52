/** MediaRecorder beside WebRTC: the same camera and microphone once more, in pieces of about a second. */

import type { Piece } from "./store";

const PIECE_MS = 1_000;
/** The server takes no larger body than 1 MiB; half of it also gets through a narrow uplink. */
const LARGEST_PIECE = 512 * 1024;
const MAX_VIDEO_BITRATE = 1_200_000;
const SETTINGS = {
  audioBitsPerSecond: 48_000,
  // Where the browser knows it. A stretch can be filled from a key frame on.
  videoKeyFrameIntervalDuration: 2_000,
};

export type Content = "picture_and_sound" | "sound_only";

/**
 * First the codecs of the interview itself, which the server splices as they are; then those of browsers that record no
 * WebM, as Safari before 18.4: the server encodes them again.
 */
const TYPES: Record<Content, readonly string[]> = {
  picture_and_sound: [
    "video/webm;codecs=vp8,opus",
    "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
    "video/mp4;codecs=avc1.42E01E,opus",
  ],
  sound_only: ["audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4;codecs=opus"],
};

/** The type in which this browser records such content; `undefined` where it cannot. */
export function recordableType(content: Content): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return TYPES[content].find((type) => MediaRecorder.isTypeSupported(type));
}

export interface RecorderEvents {
  onPiece: (piece: Piece) => void;
  /** Nothing comes any more: stopped, or its camera is gone. Called once. */
  onEnd: () => void;
}

/** A copy begins with the picture that is there already; measured in Chromium: 20 to 45 ms old. */
const FIRST_PICTURE_MS = 30;

export class CopyRecorder {
  private readonly recorder: MediaRecorder;
  /** The copy's time zero: browsers count from the call, not from the event, which comes when the encoder is up. */
  readonly startedAt: number;
  private offset = 0;
  private reached = 0;
  /** Blobs are read one after the other: their order is the file. After one that cannot be read, none is. */
  private reading: Promise<void> = Promise.resolve();

  /** Throws where the browser cannot. */
  constructor(stream: MediaStream, type: string, maxBitrate: number, events: RecorderEvents) {
    const tracks = type.startsWith("audio/") ? stream.getAudioTracks() : stream.getTracks();
    this.recorder = new MediaRecorder(new MediaStream(tracks), {
      mimeType: type,
      videoBitsPerSecond: Math.min(MAX_VIDEO_BITRATE, maxBitrate * 1000),
      ...SETTINGS,
    });
    this.recorder.ondataavailable = ({ data }) => {
      const to = performance.now() - this.startedAt;
      this.reading = this.reading.then(() => this.read(data, to, events.onPiece));
      this.reading.catch(() => this.stop());
    };
    this.recorder.onstop = () => {
      void this.reading.catch(() => undefined).then(events.onEnd);
    };
    this.startedAt = performance.now() - FIRST_PICTURE_MS;
    this.recorder.start(PIECE_MS);
  }

  get isRunning(): boolean {
    return this.recorder.state === "recording";
  }

  stop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  private async read(data: Blob, to: number, onPiece: (piece: Piece) => void): Promise<void> {
    if (data.size === 0) return;
    const bytes = await data.arrayBuffer();
    const from = this.reached;
    this.reached = to;
    for (let at = 0; at < bytes.byteLength; at += LARGEST_PIECE) {
      const part = bytes.slice(at, at + LARGEST_PIECE);
      onPiece({ offset: this.offset, from, to, bytes: part });
      this.offset += part.byteLength;
    }
  }
}
