// Publishes Chromium's fake camera and microphone by WHIP and prints a JSON report.
//
//   node whip_publish.mjs '{"url":"http://127.0.0.1:8080","seconds":10}'
//
// Options: url (of the server), seconds (to publish), rounds (one after the other, default 1),
// hint (ask to keep the resolution), audioNack (offer NACK for Opus), only ("tcp" or "udp" candidates),
// expectEnd (the server may end the connection).
import { chromium } from 'playwright-core';

const options = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
});
try {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.on('console', (message) => console.error('page:', message.text()));
  await page.goto(options.url);
  const runs = await page.evaluate(publish, options);
  console.log(JSON.stringify({ runs }));
} finally {
  await browser.close();
}

// Runs in the page.
async function publish(options) {
  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const media = await navigator.mediaDevices.getUserMedia({
    video: { width: 1280, height: 720, frameRate: 30 },
    audio: true,
  });

  async function once() {
    const connection = new RTCPeerConnection();
    connection.addTransceiver(media.getAudioTracks()[0], { direction: 'sendonly', streams: [media] });
    const { sender } = connection.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', streams: [media] });
    if (options.hint) {
      await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
    }
    const begun = performance.now();
    const offer = await connection.createOffer();
    if (options.audioNack) {
      offer.sdp = offer.sdp.replace('a=rtcp-fb:111 transport-cc', 'a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack');
    }
    await connection.setLocalDescription(offer);
    const response = await fetch('/whip', {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: offer.sdp,
    });
    let sdp = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
    if (options.only) {
      const keep = (line) => !line.startsWith('a=candidate:') || line.includes(` ${options.only} `);
      sdp = sdp.split('\r\n').filter(keep).join('\r\n');
    }
    await connection.setRemoteDescription({ type: 'answer', sdp });
    await new Promise((resolve, reject) => {
      const check = () => {
        if (connection.connectionState === 'connected') resolve();
        if (connection.connectionState === 'failed') reject(new Error('connection failed'));
      };
      connection.onconnectionstatechange = check;
      check();
      setTimeout(() => reject(new Error(`still ${connection.connectionState} after 15 s`)), 15000);
    });
    const report = { connectMs: Math.round(performance.now() - begun), retransmitted: 0 };
    await pause(options.seconds);
    for (const stats of (await connection.getStats()).values()) {
      if (stats.type === 'outbound-rtp') {
        report.retransmitted += stats.retransmittedPacketsSent ?? 0;
        report[stats.kind] = { packets: stats.packetsSent, bytes: stats.bytesSent, keyFrames: stats.keyFramesEncoded };
      }
      if (stats.type === 'transport') report.srtp = stats.srtpCipher;
    }
    const ended = await fetch(response.headers.get('location'), { method: 'DELETE' });
    if (ended.status !== 200 && !options.expectEnd) throw new Error(`DELETE: ${ended.status}`);
    connection.close();
    return report;
  }

  const runs = [];
  for (let round = 0; round < (options.rounds ?? 1); round += 1) runs.push(await once());
  return runs;
}
