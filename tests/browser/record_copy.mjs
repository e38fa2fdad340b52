// Makes media/tests/data/copy.webm and live.bin: what Chromium records by itself, and what it sends live meanwhile, of one
// picture and one sound. Run by hand when Chromium changes:
//
//   node record_copy.mjs ../../media/tests/data
//
// The sound is a babble that never repeats itself, and a tone of 100 ms at every second, each tone higher than the one
// before; the picture is white while a tone sounds. live.bin is a row of packets, little-endian: {track u8 (1 video, 2
// audio), RTP time u32, microseconds since the recorder was started i64, length u32, bytes}.
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const [folder, seconds = '12'] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--autoplay-policy=no-user-gesture-required',
  ],
});
try {
  const page = await (await browser.newContext()).newPage();
  page.on('console', (message) => console.error('page:', message.text()));
  const made = await page.evaluate(record, { seconds: Number(seconds) });
  fs.writeFileSync(`${folder}/copy.webm`, Buffer.from(made.copy, 'base64'));
  const packets = made.live.map(({ track, rtp, atUs, data }) => {
    const bytes = Buffer.from(data, 'base64');
    const head = Buffer.alloc(17);
    head.writeUInt8(track, 0);
    head.writeUInt32LE(rtp, 1);
    head.writeBigInt64LE(BigInt(atUs), 5);
    head.writeUInt32LE(bytes.length, 13);
    return Buffer.concat([head, bytes]);
  });
  fs.writeFileSync(`${folder}/live.bin`, Buffer.concat(packets));
  console.log(JSON.stringify(made.events));
} finally {
  await browser.close();
}

// Runs in the page.
async function record({ seconds }) {
  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const base64 = (bytes) => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };

  const sound = new AudioContext({ sampleRate: 48_000 });
  await sound.resume();
  const microphone = sound.createMediaStreamDestination();
  microphone.channelCount = 1;
  const begin = sound.currentTime + 0.5;
  const end = begin + seconds + 5;
  const voice = new OscillatorNode(sound, { type: 'sawtooth', frequency: 140 });
  const mouth = new BiquadFilterNode(sound, { type: 'bandpass', frequency: 700, Q: 2 });
  const breath = new GainNode(sound, { gain: 0 });
  voice.connect(mouth).connect(breath).connect(microphone);
  voice.start();
  for (let at = begin; at < end; ) {
    const length = 0.08 + 0.17 * random();
    voice.frequency.setValueAtTime(100 + 150 * random(), at);
    voice.frequency.linearRampToValueAtTime(100 + 150 * random(), at + length);
    mouth.frequency.setValueAtTime(300 + 2000 * random(), at);
    breath.gain.setTargetAtTime(0.3 + 0.5 * random(), at, 0.01);
    breath.gain.setTargetAtTime(0, at + length, 0.02);
    at += length + 0.03 + (random() < 0.2 ? 0.5 : 0.1) * random();
  }
  const tone = new OscillatorNode(sound);
  const gate = new GainNode(sound, { gain: 0 });
  tone.connect(gate).connect(microphone);
  tone.start();
  for (let number = 0; begin + number < end; number += 1) {
    tone.frequency.setValueAtTime(1000 + 170 * number, begin + number);
    gate.gain.setValueAtTime(0.4, begin + number);
    gate.gain.setValueAtTime(0, begin + number + 0.1);
  }

  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 180];
  const picture = canvas.getContext('2d', { alpha: false });
  const camera = canvas.captureStream(20).getVideoTracks()[0];
  let frame = 0;
  const draw = () => {
    const now = sound.currentTime - begin;
    picture.fillStyle = now >= 0 && now % 1 < 0.1 ? 'white' : 'gray';
    picture.fillRect(0, 0, canvas.width, canvas.height);
    picture.fillStyle = 'black';
    picture.fillRect((frame++ * 4) % canvas.width, 0, 8, 8);
    requestAnimationFrame(draw);
  };
  draw();
  const media = new MediaStream([camera, ...microphone.stream.getAudioTracks()]);

  const sent = [];
  const [sender, receiver] = [
    new RTCPeerConnection({ encodedInsertableStreams: true }),
    new RTCPeerConnection(),
  ];
  sender.onicecandidate = ({ candidate }) => receiver.addIceCandidate(candidate);
  receiver.onicecandidate = ({ candidate }) => sender.addIceCandidate(candidate);
  const tap = (track, frame, controller) => {
    const { rtpTimestamp, captureTime } = frame.getMetadata();
    const data = base64(new Uint8Array(frame.data));
    sent.push({ track, rtp: rtpTimestamp, at: captureTime ?? performance.now(), data });
    controller.enqueue(frame);
  };
  let video;
  for (const track of media.getTracks()) {
    const isVideo = track.kind === 'video';
    const transceiver = sender.addTransceiver(track, {
      direction: 'sendonly',
      streams: [media],
      sendEncodings: [{ maxBitrate: isVideo ? 100_000 : 32_000 }],
    });
    if (isVideo) {
      const { codecs } = RTCRtpSender.getCapabilities('video');
      transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'video/VP8'));
      video = transceiver.sender;
    }
    const { readable, writable } = transceiver.sender.createEncodedStreams();
    const transform = (frame, controller) => tap(isVideo ? 1 : 2, frame, controller);
    readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable);
  }
  await sender.setLocalDescription(await sender.createOffer());
  await receiver.setRemoteDescription(sender.localDescription);
  await receiver.setLocalDescription(await receiver.createAnswer());
  await sender.setRemoteDescription(receiver.localDescription);
  await pause(2);

  const recorder = new MediaRecorder(media, {
    mimeType: 'video/webm;codecs=vp8,opus',
    videoBitsPerSecond: 90_000,
    audioBitsPerSecond: 32_000,
    videoKeyFrameIntervalDuration: 2000,
  });
  const pieces = [];
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const started = performance.now();
  const events = [{ event: 'seconds of sound before the start', value: sound.currentTime - begin }];
  recorder.onstart = () => events.push({ event: 'onstart', ms: performance.now() - started });
  recorder.start(1000);
  for (let elapsed = 0; elapsed < seconds; elapsed += 3) {
    // As the server asks for key frames.
    await video.setParameters(video.getParameters(), { encodingOptions: [{ keyFrame: true }] });
    await pause(Math.min(3, seconds - elapsed));
  }
  recorder.stop();
  await stopped;
  sender.close();
  receiver.close();
  const atUs = (at) => Math.round((at - started) * 1000);
  const live = sent.map(({ at, ...packet }) => ({ ...packet, atUs: atUs(at) }));
  const copy = base64(new Uint8Array(await new Blob(pieces).arrayBuffer()));
  return { copy, live: live.filter(({ atUs }) => atUs > -500_000), events };
}
