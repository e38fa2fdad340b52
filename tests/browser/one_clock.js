// A camera and a microphone with one clock, for lip sync: once a second of the sound's clock a white picture and a tone begin
// together and last 100 ms. (Chromium's fake devices play two files on two clocks, which drift.) Neighbouring tones differ:
// sound that repeats itself every second cannot be put in its place by comparison, and no voice does that.

const EVERY_S = 1;
const LASTS_S = 0.1;
/** Each tone is this much higher than the one before, and the twelfth is as low as the first. */
const STEP_HZ = 170;
const STEPS = 11;

navigator.mediaDevices.getUserMedia = async () => {
  const sound = new AudioContext({ sampleRate: 48_000 });
  await sound.resume();
  const microphone = sound.createMediaStreamDestination();
  const gate = sound.createGain();
  gate.gain.value = 0;
  const tone = new OscillatorNode(sound, { frequency: 1000 });
  tone.connect(gate).connect(microphone);
  tone.start();

  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 360];
  const picture = canvas.getContext("2d");
  const camera = canvas.captureStream(30).getVideoTracks()[0];

  let scheduled = Math.ceil(sound.currentTime) + 1;
  let frame = 0;
  const draw = () => {
    const now = sound.currentTime;
    if (now > scheduled - EVERY_S / 2) {
      tone.frequency.setValueAtTime(700 + STEP_HZ * ((scheduled / EVERY_S) % STEPS), scheduled);
      gate.gain.setValueAtTime(0.5, scheduled);
      gate.gain.setValueAtTime(0, scheduled + LASTS_S);
      scheduled += EVERY_S;
    }
    const second = now % EVERY_S;
    picture.fillStyle = second < LASTS_S && now >= 1 ? "white" : "gray";
    picture.fillRect(0, 0, canvas.width, canvas.height);
    // Something that moves, or the encoder is given no reason to send a picture.
    picture.fillStyle = "black";
    picture.fillRect(frame++ % canvas.width, 0, 8, 8);
    requestAnimationFrame(draw);
  };
  draw();
  return new MediaStream([camera, ...microphone.stream.getAudioTracks()]);
};
