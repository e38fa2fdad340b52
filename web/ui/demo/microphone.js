// A microphone that speaks on cue: `say(start, end)` speaks that stretch, in seconds, of the sound file below. Whatever a
// busy machine delayed is made up for at once, so nothing is lost and nothing slows down. (Chromium's own fake microphone
// and its WebAudio drop what they cannot play in time.)

const VOICE = "/demo-voice.wav";
const RATE = 48_000;
const FRAME = RATE / 100;
const FRAME_MS = 10;

(() => {
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (!open) return;
  const voice = fetch(VOICE)
    .then((response) => response.arrayBuffer())
    .then((bytes) => new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes))
    .then((sound) => sound.getChannelData(0));

  const track = new MediaStreamTrackGenerator({ kind: "audio" });
  const writer = track.writable.getWriter();
  const startedAt = performance.now();
  let frames = 0;
  let speech = null;

  /** The next ten milliseconds of the speech, or silence. */
  function nextFrame() {
    const data = new Float32Array(FRAME);
    if (speech) {
      data.set(speech.samples.subarray(speech.at, Math.min(speech.at + FRAME, speech.end)));
      speech.at += FRAME;
      if (speech.at >= speech.end) {
        speech.over();
        speech = null;
      }
    }
    return data;
  }

  setInterval(() => {
    while (frames * FRAME_MS < performance.now() - startedAt) {
      const timestamp = frames * FRAME_MS * 1000;
      const shape = {
        format: "f32",
        sampleRate: RATE,
        numberOfFrames: FRAME,
        numberOfChannels: 1,
        timestamp,
      };
      writer.write(new AudioData({ ...shape, data: nextFrame() }));
      frames++;
    }
  }, FRAME_MS);

  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const camera = await open({ ...wanted, audio: false });
    return new MediaStream([...camera.getVideoTracks(), track.clone()]);
  };

  window.say = async (start, end) => {
    const samples = await voice;
    await new Promise((over) => {
      speech = { samples, at: Math.round(start * RATE), end: Math.round(end * RATE), over };
    });
  };
})();
