/** What a practice answer tells about loudness, pace and light. Heard and seen on the device only. */

/** Between two measured levels. */
export const LEVEL_STEP_MS = 25;

export interface PracticeMeasures {
  /** dB relative to full scale, one every {@link LEVEL_STEP_MS}. */
  levels: readonly number[];
  /** Mean brightness of the middle and of the edge of each picture looked at, 0–1; none without a camera. */
  pictures: readonly { middle: number; edge: number }[];
}

export type Hint =
  | "silent"
  | "quiet"
  | "loud"
  | "loudness_good"
  | "fast"
  | "pace_good"
  | "dark"
  | "backlit"
  | "light_good";

/** Above the noise of a quiet room. */
const SPEECH_DBFS = -45;
const QUIET_DBFS = -36;
const LOUD_DBFS = -8;
const LEAST_SPEECH_MS = 1_000;
/** Syllables a second. Read speech in English and Chinese has four to six (Pellegrino et al. 2011). */
const FAST_SYLLABLES = 7;
/** A syllable's peak stands out by so much from the dip before it. */
const DIP_DB = 3;
const DARK = 0.22;
const BACKLIT_BY = 0.25;

/** Kind words for one answer, at most one for each of loudness, pace and light. */
export function hintsOf({ levels, pictures }: PracticeMeasures): Hint[] {
  const speech = levels.filter((level) => level > SPEECH_DBFS);
  const speechMs = speech.length * LEVEL_STEP_MS;
  const hints: Hint[] = [];
  if (speechMs < LEAST_SPEECH_MS) hints.push("silent");
  else {
    const typical = median(speech);
    hints.push(typical < QUIET_DBFS ? "quiet" : typical > LOUD_DBFS ? "loud" : "loudness_good");
    const perSecond = syllables(levels) / (speechMs / 1000);
    hints.push(perSecond > FAST_SYLLABLES ? "fast" : "pace_good");
  }
  if (pictures.length > 0) {
    const middle = median(pictures.map((picture) => picture.middle));
    const edge = median(pictures.map((picture) => picture.edge));
    hints.push(middle < DARK ? "dark" : edge - middle > BACKLIT_BY ? "backlit" : "light_good");
  }
  return hints;
}

/** Peaks of the loudness curve that stand out: about one for each syllable. */
function syllables(levels: readonly number[]): number {
  let count = 0;
  let rising = true;
  let extreme = Number.NEGATIVE_INFINITY;
  for (const level of levels) {
    if (rising) {
      extreme = Math.max(extreme, level);
      if (level > extreme - DIP_DB) continue;
      if (extreme > SPEECH_DBFS) count++;
      rising = false;
      extreme = level;
    } else {
      extreme = Math.min(extreme, level);
      if (level < extreme + DIP_DB) continue;
      rising = true;
      extreme = level;
    }
  }
  return count;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NEGATIVE_INFINITY;
}
