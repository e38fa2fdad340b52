import { clockText } from "../capture/clock";
import { type Fact, FactList } from "../FactList";
import { number, percent, useMessages } from "./context";
import { type Answer, type Face, present, type Span, type Speech } from "./types";

/** The cues of an answer as plain figures: how it was said, what the camera saw, and how good the recording is. */
export function CueFacts({ answer }: { answer: Answer }) {
  const messages = useMessages();
  const speech = present(answer.cues.speech);
  const face = present(answer.cues.face);
  const groups: [string, Fact[]][] = [
    [messages.factGroups.speech, speech ? speechFacts(speech) : []],
    [messages.factGroups.face, face ? faceFacts(face) : []],
    [messages.factGroups.recording, recordingFacts(speech, face)],
  ];
  const filled = groups.filter(([, facts]) => facts.length > 0);
  if (filled.length === 0) return null;
  return (
    <div class="cue-groups" data-testid="cue-facts">
      {filled.map(([title, facts]) => (
        <section key={title}>
          <h3>{title}</h3>
          <FactList facts={facts} class="cue-facts" />
        </section>
      ))}
    </div>
  );

  function speechFacts(speech: Speech): Fact[] {
    const names = messages.facts;
    const facts: Fact[] = [[names.speech, clockText(speech.speech_ms)]];
    if (speech.first_word_ms !== null) facts.push([names.firstWord, seconds(speech.first_word_ms)]);
    const articulation = speech.words_per_minute ?? speech.characters_per_minute;
    const unit = speech.words_per_minute !== null ? messages.perMinuteWords : messages.perMinuteCharacters;
    if (speech.rate) facts.push([names.rate, `${Math.round(speech.rate.speech)} ${unit}`]);
    if (articulation != null) facts.push([names.articulation, `${Math.round(articulation)} ${unit}`]);
    facts.push([names.pauses, pausesText(speech)]);
    facts.push([names.fillers, messages.times(speech.fillers.length)]);
    if (speech.restarts) facts.push([names.restarts, messages.times(speech.restarts.length)]);
    if (speech.pitch_hz) {
      const { median, range } = speech.pitch_hz;
      facts.push([names.pitch, messages.medianAndRange(Math.round(median), Math.round(range), "Hz")]);
    }
    if (speech.loudness_dbfs) facts.push([names.loudness, `${number(speech.loudness_dbfs.median)} dBFS`]);
    if (speech.loudness_deviation_db !== undefined)
      facts.push([names.steadiness, `± ${number(speech.loudness_deviation_db)} dB`]);
    return facts;
  }

  function pausesText(speech: Speech): string {
    const totals = speech.pause_totals;
    if (totals === undefined || totals.count === 0) return messages.times(speech.pauses.length);
    const share = messages.shareOfTime(percent(totals.share));
    return [messages.times(totals.count), messages.longest(seconds(totals.longest_ms)), share].join(
      messages.comma,
    );
  }

  function faceFacts(face: Face): Fact[] {
    const names = messages.facts;
    const facts: Fact[] = [[names.inFrame, messages.shareOfTime(percent(face.in_frame_share))]];
    if (face.smile)
      facts.push([
        names.smile,
        [messages.times(face.smile.count), ...share(face.smile)].join(messages.comma),
      ]);
    if (face.camera_facing) {
      facts.push([names.facing, share(face.camera_facing).join(messages.comma)]);
      facts.push([names.away, spansText(face.looking_away ?? [])]);
    }
    if (face.not_assessed?.length) facts.push([names.unread, spansText(face.not_assessed)]);
    if (face.blinks) facts.push([names.blinks, messages.times(face.blinks.count)]);
    return facts;
  }

  /** How much of the time, and between what bounds where they are known. */
  function share({ share, share_range }: NonNullable<Face["camera_facing"]>): string[] {
    const known = messages.shareOfTime(percent(share));
    if (share_range === undefined) return [known];
    const [least, most] = [percent(share_range[0]), percent(share_range[1])];
    return least === most ? [known] : [known, messages.between(least, most)];
  }

  function spansText(spans: Span[]): string {
    const all = spans.reduce((sum, { start_ms, end_ms }) => sum + end_ms - start_ms, 0);
    return spans.length === 0
      ? messages.times(0)
      : [messages.times(spans.length), seconds(all)].join(messages.comma);
  }

  function recordingFacts(speech: Speech | null, face: Face | null): Fact[] {
    const names = messages.facts;
    const facts: Fact[] = [];
    const noise = speech?.sound?.signal_to_noise_db;
    if (noise != null) facts.push([names.signalToNoise, `${Math.round(noise)} dB`]);
    if (speech?.sound) facts.push([names.clipping, messages.times(speech.sound.clipped.length)]);
    if (face) facts.push([names.light, `${Math.round(face.quality.light)} / 255`]);
    return facts;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
