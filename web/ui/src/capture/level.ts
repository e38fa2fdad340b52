/** The microphone's level, live. */

const QUIETEST_DBFS = -60;
/** No room is as still as this for so long: the microphone is switched off, or the browser's sound lost it. */
const ZEROS_S = 2;

/** Root mean square of samples in −1…1, as dB relative to full scale; `-Infinity` for silence. */
export function dbfs(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 20 * Math.log10(Math.sqrt(sum / Math.max(1, samples.length)));
}

/** Where a level stands on a meter of 0–1. */
export function meter(level: number): number {
  return Math.min(1, Math.max(0, (level - QUIETEST_DBFS) / -QUIETEST_DBFS));
}

/** One for all that watch, since phones have few; closed when nobody does. */
let context: AudioContext | null = null;
let watching = 0;

/**
 * Calls `onLevel` with 0–1 about ten times a second; returns how to stop. While the browser's sound stands still nothing is
 * known, and nothing is called: that is no silence. After some seconds of nothing but zeros it listens anew, because Chromium
 * now and then gives zeros for a microphone that it records.
 */
export function watchLevel(stream: MediaStream, onLevel: (level: number) => void): () => void {
  if (stream.getAudioTracks().length === 0 || typeof AudioContext === "undefined") return () => undefined;
  context ??= new AudioContext();
  watching++;
  const shared = context;
  const analyser = shared.createAnalyser();
  analyser.fftSize = 2048;
  const listen = () => {
    const source = shared.createMediaStreamSource(stream);
    source.connect(analyser);
    return source;
  };
  let source = listen();
  const samples = new Float32Array(analyser.fftSize);
  // Safari starts it suspended until the page was touched.
  const resume = () => void shared.resume().catch(() => undefined);
  resume();
  document.addEventListener("pointerdown", resume, { once: true });
  let reached = shared.currentTime;
  let soundAt = reached;
  const timer = setInterval(() => {
    if (shared.currentTime === reached) return;
    reached = shared.currentTime;
    analyser.getFloatTimeDomainData(samples);
    const level = dbfs(samples);
    if (level > -Infinity) soundAt = reached;
    if (reached - soundAt > ZEROS_S) {
      source.disconnect();
      source = listen();
      soundAt = reached;
    }
    onLevel(meter(level));
  }, 100);
  return () => {
    clearInterval(timer);
    document.removeEventListener("pointerdown", resume);
    source.disconnect();
    if (--watching > 0) return;
    context = null;
    void shared.close().catch(() => undefined);
  };
}
