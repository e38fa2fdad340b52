import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useInterview } from "../context";
import type { Prompt } from "../view";
import { promptMessages } from "./messages";
import { readAloud, sentences, voiceFor } from "./speech";

/** The prompt itself: a file with its captions, or words that the device reads aloud. */
export function PromptPlayer({ prompt }: { prompt: Prompt }) {
  return prompt.speech === null ? <Played prompt={prompt} /> : <Spoken text={prompt.speech} />;
}

function Played({ prompt }: { prompt: Prompt }) {
  const { view, messages } = useInterview();
  const text = promptMessages(messages.code);
  // Links are renewed with every view: a new one is taken only when the one in use has failed.
  const [links, setLinks] = useState(prompt);
  const [failed, setFailed] = useState(false);
  const [caption, setCaption] = useState("");
  const player = useRef<HTMLVideoElement>(null);
  const sound = links.media_type?.startsWith("audio/") === true;
  useEffect(() => {
    setLinks(prompt);
    setFailed(false);
  }, [view.locale]);
  useEffect(() => {
    const track = player.current?.textTracks[0];
    if (track === undefined) return;
    // Browsers draw no captions over a sound: they get a line of their own.
    track.mode = sound ? "hidden" : "showing";
    if (!sound) return;
    const show = () =>
      setCaption([...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text).join("\n"));
    track.addEventListener("cuechange", show);
    return () => track.removeEventListener("cuechange", show);
  }, [links, sound]);
  return (
    <>
      <video
        ref={player}
        class={`player ${sound ? "sound" : ""}`}
        controls
        playsInline
        preload="auto"
        src={links.media_url ?? undefined}
        data-testid="prompt-player"
        onError={() => setFailed(true)}
      >
        {links.captions_url !== null && (
          <track
            key={links.captions_url}
            kind="captions"
            srclang={view.locale}
            label={text.captions}
            src={links.captions_url}
            default
          />
        )}
      </video>
      {sound && (
        <p class="caption" data-testid="prompt-caption">
          {caption}
        </p>
      )}
      {failed && (
        <div class="notice" role="alert">
          <p>{text.failed}</p>
          <button
            type="button"
            class="secondary"
            onClick={() => {
              setLinks(prompt);
              setFailed(false);
            }}
          >
            {messages.tryAgain}
          </button>
        </div>
      )}
    </>
  );
}

function Spoken({ text: words }: { text: string }) {
  const { view, messages } = useInterview();
  const text = promptMessages(messages.code);
  const parts = useMemo(() => sentences(words), [words]);
  const voice = useVoice(view.locale);
  const [at, setAt] = useState<number | null>(null);
  const end = useRef<() => void>(() => undefined);
  useEffect(() => () => end.current(), [words]);
  return (
    <>
      <p class="prompt-words" lang={view.locale === "zh" ? "zh-CN" : "en"} data-testid="prompt-words">
        {parts.map((part, index) => (
          <span key={`${index} ${part}`}>
            {index === at ? <mark>{part}</mark> : part}
            {view.locale === "zh" ? "" : " "}
          </span>
        ))}
      </p>
      {voice === null ? (
        <p class="hint">{text.noVoice}</p>
      ) : (
        <div class="actions">
          <button
            type="button"
            class="secondary"
            data-testid="prompt-aloud"
            onClick={() => {
              if (at !== null) return end.current();
              end.current = readAloud(parts, voice, setAt);
            }}
          >
            {at === null ? text.aloud : text.stop}
          </button>
          <p class="hint">{text.voice}</p>
        </div>
      )}
    </>
  );
}

/** Browsers find their voices only after a while. */
function useVoice(language: string): SpeechSynthesisVoice | null {
  const [voice, setVoice] = useState<SpeechSynthesisVoice | null>(null);
  useEffect(() => {
    if (!("speechSynthesis" in window)) return;
    const find = () => setVoice(voiceFor(speechSynthesis.getVoices(), language));
    find();
    speechSynthesis.addEventListener?.("voiceschanged", find);
    return () => speechSynthesis.removeEventListener?.("voiceschanged", find);
  }, [language]);
  return voice;
}
