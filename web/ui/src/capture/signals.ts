/** What tells the time to those who do not look at it. */

const PITCH_HZ = 880;
const LOUDNESS = 0.06;
const TONE_S = 0.14;
const BUZZ_MS = 120;

let context: AudioContext | null = null;

/** A soft tone; nothing where the browser gives none. Never while a take records: the microphone would hear it. */
export function tone(): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  void context.resume().catch(() => undefined);
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  const end = context.currentTime + TONE_S;
  oscillator.frequency.value = PITCH_HZ;
  gain.gain.setValueAtTime(LOUDNESS, context.currentTime);
  gain.gain.linearRampToValueAtTime(0, end);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start();
  oscillator.stop(end);
}

/** A short buzz on a phone. */
export function buzz(): void {
  navigator.vibrate?.(BUZZ_MS);
}
