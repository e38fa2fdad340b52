// A microphone that speaks on cue: `say(start, end)` plays that stretch, in seconds, of the sound file below. (Chromium's
// own fake microphone plays a file by a clock that falls behind on a busy machine, whoever waits for it.)

const VOICE = "/demo-voice.wav";

(() => {
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (!open) return;
  // Large buffers: nobody waits for this sound, and a busy machine must not tear it.
  const sound = new AudioContext({ sampleRate: 48_000, latencyHint: "playback" });
  const mouth = sound.createGain();
  const voice = fetch(VOICE)
    .then((response) => response.arrayBuffer())
    .then((bytes) => sound.decodeAudioData(bytes));

  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const camera = await open({ ...wanted, audio: false });
    await sound.resume();
    const microphone = sound.createMediaStreamDestination();
    mouth.connect(microphone);
    return new MediaStream([...camera.getVideoTracks(), ...microphone.stream.getAudioTracks()]);
  };

  window.say = async (start, end) => {
    const speech = new AudioBufferSourceNode(sound, { buffer: await voice });
    speech.connect(mouth);
    speech.start(0, start, end - start);
    await new Promise((resolve) => speech.addEventListener("ended", resolve, { once: true }));
  };
})();
