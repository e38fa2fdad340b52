/** Reading a prompt aloud with the device's own voice. Voices of a service are left alone: nothing may leave the page. */

/** Sentences, so that each can be shown while it is read. */
export function sentences(text: string): string[] {
  const found = text.match(/[^.!?。！？…]+[.!?。！？…]+["”’』」]*\s*|[^.!?。！？…]+$/g);
  return (found ?? [text]).map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

export interface Voice {
  lang: string;
  localService: boolean;
  default?: boolean;
}

/** A voice of the device itself for a language (ISO 639-1); `null` where there is none. */
export function voiceFor<V extends Voice>(voices: V[], language: string): V | null {
  const speaks = voices.filter(
    (voice) => voice.localService && voice.lang.toLowerCase().replace("_", "-").split("-")[0] === language,
  );
  return speaks.find((voice) => voice.default) ?? speaks[0] ?? null;
}

/** Reads the sentences one after another; the returned function ends it. `onSentence` gets `null` when it is over. */
export function readAloud(
  texts: string[],
  voice: SpeechSynthesisVoice,
  onSentence: (index: number | null) => void,
): () => void {
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    speechSynthesis.cancel();
    onSentence(null);
  };
  const read = (index: number) => {
    const text = texts[index];
    if (over) return;
    if (text === undefined) return end();
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.onend = () => read(index + 1);
    utterance.onerror = end;
    onSentence(index);
    speechSynthesis.speak(utterance);
  };
  speechSynthesis.cancel();
  read(0);
  return end;
}
