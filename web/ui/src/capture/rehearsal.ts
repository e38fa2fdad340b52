/** A practice answer: recorded into memory, measured beside, and gone when it is let go. */

import { dbfs } from "./level";
import { LEVEL_STEP_MS, type PracticeMeasures } from "./practice";

const LONGEST_MS = 60_000;
const PICTURE_STEP_MS = 500;
/** A picture is looked at as this many dots. */
const DOTS = { width: 32, height: 18 };

export class Rehearsal {
  private readonly levels: number[] = [];
  private readonly pictures: { middle: number; edge: number }[] = [];
  private readonly pieces: Blob[] = [];
  private readonly recorder: MediaRecorder | null;
  private readonly context = new AudioContext();
  private readonly timers: ReturnType<typeof setInterval>[] = [];

  /** `preview` shows the camera; `onEnd` is called when the longest time is over. */
  constructor(
    stream: MediaStream,
    private readonly preview: HTMLVideoElement | null,
    onEnd: () => void,
  ) {
    this.recorder = typeof MediaRecorder === "undefined" ? null : new MediaRecorder(stream);
    if (this.recorder !== null) {
      this.recorder.ondataavailable = ({ data }) => data.size > 0 && this.pieces.push(data);
      this.recorder.start(1_000);
    }
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 2048;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.every(LEVEL_STEP_MS, () => {
      analyser.getFloatTimeDomainData(samples);
      this.levels.push(dbfs(samples));
    });
    this.every(PICTURE_STEP_MS, () => this.look());
    this.timers.push(setTimeout(onEnd, LONGEST_MS));
  }

  /** Ends it; the recording is `null` where the browser cannot record. */
  async stop(): Promise<{ recording: Blob | null; measures: PracticeMeasures }> {
    for (const timer of this.timers) clearInterval(timer);
    void this.context.close().catch(() => undefined);
    const { recorder } = this;
    if (recorder !== null && recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
      recorder.stop();
      await stopped;
    }
    const recording = this.pieces.length === 0 ? null : new Blob(this.pieces, { type: recorder?.mimeType });
    return { recording, measures: { levels: this.levels, pictures: this.pictures } };
  }

  private every(milliseconds: number, action: () => void): void {
    this.timers.push(setInterval(action, milliseconds));
  }

  private look(): void {
    if (this.preview === null || this.preview.videoWidth === 0) return;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, DOTS);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return;
    context.drawImage(this.preview, 0, 0, DOTS.width, DOTS.height);
    const { data } = context.getImageData(0, 0, DOTS.width, DOTS.height);
    const sums = { middle: 0, edge: 0 };
    const counts = { middle: 0, edge: 0 };
    for (let dot = 0; dot < data.length / 4; dot++) {
      const [x, y] = [dot % DOTS.width, Math.floor(dot / DOTS.width)];
      const inside =
        Math.abs(x - DOTS.width / 2) < DOTS.width / 5 && Math.abs(y - DOTS.height / 2) < DOTS.height / 3;
      const place = inside ? "middle" : "edge";
      // Rec. 709 luma.
      sums[place] +=
        (0.2126 * (data[dot * 4] ?? 0) +
          0.7152 * (data[dot * 4 + 1] ?? 0) +
          0.0722 * (data[dot * 4 + 2] ?? 0)) /
        255;
      counts[place]++;
    }
    this.pictures.push({ middle: sums.middle / counts.middle, edge: sums.edge / counts.edge });
  }
}
