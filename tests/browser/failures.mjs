// What goes wrong while a candidate answers, provoked in real Chromium: each time the page must say what happened, and
// lead on. Prints one JSON line per step; exits with 1 where a candidate would be stuck.
//
//   node failures.mjs '{"links":{"devices":"…","storage":"…","late":"…", …},"noise":"FILE.y4m","pictures":"DIR"}'
//
// At the steps `gone` and `withdrawn` the test ends that interview before it writes a line to standard input.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { openBrowser } from './candidate_browser.mjs';

const { links, noise, pictures } = JSON.parse(process.argv[2]);

const browser = await openBrowser();
const { context } = browser;
/** The devices as the page got them, and an error in their place. */
await context.addInitScript(() => {
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (open === undefined) return;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (window.deviceError) throw new DOMException('', window.deviceError);
    window.devices = await open(wanted);
    return window.devices;
  };
});
/** A battery whose level can be set. */
await context.addInitScript(() => {
  window.battery = Object.assign(new EventTarget(), { level: 1, charging: false });
  navigator.getBattery = async () => window.battery;
});
const errors = [];
const HALF_AN_HOUR_MS = 30 * 60_000;
const input = readline.createInterface(process.stdin);
try {
  for (const [name, walk] of Object.entries({ late, noDevices, full, room, devices, slow, storage, withdrawn, gone })) {
    await walk();
    say({ step: 'passed', name });
  }
  say({ step: 'done', errors });
} catch (error) {
  say({ step: 'failed', error: String(error.message).slice(0, 800), errors, shown: await whatIsShown() });
  process.exitCode = 1;
} finally {
  input.close();
  process.stdin.destroy();
  await browser.close();
}

/** What the candidate is stuck at. */
function whatIsShown() {
  const read = (page) =>
    page.evaluate(() => {
      const saved = document.querySelector('[data-testid=saved-up-to]')?.getAttribute('data-ms');
      return `${document.body.dataset.screen} ${saved}: ${document.body.innerText.replaceAll(/\s+/g, ' ').slice(0, 400)}`;
    });
  return Promise.all(context.pages().map((page) => read(page).catch(String)));
}

function say(line) {
  console.log(JSON.stringify(line));
}

/** The banner says what happened, and that what was said is safe. */
async function tells(page, words, name) {
  const banner = page.getByTestId('device-banner');
  await banner.filter({ hasText: words }).waitFor();
  if (!/safe/.test(await banner.textContent())) throw new Error(`${name}: does not say that the answer is safe`);
  await picture(page, name);
}

/** In both languages, where a folder is given. */
async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.setViewportSize({ width: 360, height: 740 });
  for (const locale of ['zh', 'en']) {
    if ((await page.getByTestId(`language-${locale}`).count()) > 0) await page.getByTestId(`language-${locale}`).click();
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(pictures, `failure-${name}-${locale}.png`), fullPage: true });
  }
}

function shows(page, screen) {
  return page.waitForFunction((wanted) => document.body.dataset.screen === wanted, screen);
}

async function press(page, id, screen) {
  await page.getByTestId(id).filter({ visible: true }).click();
  if (screen !== undefined) await shows(page, screen);
}

async function enabled(page, id) {
  await page.waitForFunction((wanted) => {
    const button = document.querySelector(`[data-testid=${wanted}]`);
    return button !== null && !button.disabled;
  }, id);
}

async function untilCheck(link, of = context) {
  const page = await of.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(link);
  await shows(page, 'landing');
  await press(page, 'start', 'way');
  await press(page, 'way-ai_and_human');
  await press(page, 'way-continue', 'consent');
  for (const yes of await page.locator('[data-testid^="consent-"][data-testid$="-yes"]').all()) await yes.check();
  await press(page, 'consent-continue', 'check');
  return page;
}

async function untilQuestion(link, of = context) {
  const page = await untilCheck(link, of);
  await enabled(page, 'check-continue');
  await press(page, 'check-continue', 'ready');
  await enabled(page, 'question-open');
  return page;
}

async function untilRecording(link, of = context, beforehand = async () => {}) {
  const page = await untilQuestion(link, of);
  await press(page, 'question-open', 'think');
  await beforehand(page);
  await enabled(page, 'think-start');
  await press(page, 'think-start', 'record');
  return page;
}

/** Stops, looks, uses and sends the answer: no dead end. */
async function toTheEnd(page) {
  await press(page, 'record-stop', 'review');
  await enabled(page, 'review-accept');
  await press(page, 'review-accept', 'submit');
  await enabled(page, 'submit');
  await press(page, 'submit', 'done');
  await page.close();
}

/** The interview as the server sees it. */
function viewOf(page) {
  return page.evaluate(async () => {
    const token = location.pathname.split('/').at(-1);
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch('/api/v1/candidate/interview', { headers })).json();
  });
}

function savedMs(page) {
  return page.getByTestId('saved-up-to').getAttribute('data-ms').then(Number);
}

/** What is said is saved further than now. */
async function savesOn(page) {
  const before = await savedMs(page);
  await page.waitForFunction((least) => {
    const saved = document.querySelector('[data-testid=saved-up-to]');
    return Number(saved?.getAttribute('data-ms')) > least;
  }, before + 1_500);
}

async function noDevices() {
  await Promise.all([refused(), deviceless()]);
}

/** Camera and microphone refused by the person, for real, and then allowed. */
async function refused() {
  const shy = await openBrowser({ devices: 'refused' });
  try {
    const { origin } = new URL(links.refused);
    const session = await shy.context.newCDPSession(shy.context.pages()[0]);
    const allow = async (setting) => {
      for (const name of ['camera', 'microphone'])
        await session.send('Browser.setPermission', { permission: { name }, setting, origin });
    };
    await allow('denied');
    const page = await untilCheck(links.refused, shy.context);
    await page.locator('[data-testid=device-fault][data-fault=denied]').waitFor();
    await picture(page, 'refused');
    await allow('granted');
    await press(page, 'device-retry');
    await enabled(page, 'check-continue');
    await press(page, 'check-continue', 'ready');
  } finally {
    await shy.close();
  }
}

/** A machine without camera and microphone: the answers are written. */
async function deviceless() {
  const bare = await openBrowser({ devices: 'none' });
  try {
    const page = await untilCheck(links.deviceless, bare.context);
    await page.locator('[data-testid=device-fault][data-fault=none]').waitFor();
    await picture(page, 'deviceless');
    await press(page, 'write-instead');
    await enabled(page, 'check-continue');
    await picture(page, 'nothing-to-check');
    await press(page, 'check-continue', 'ready');
    await press(page, 'question-open', 'text');
    await page.getByTestId('answer-text').fill('I have neither camera nor microphone, and answer all the same.');
    await press(page, 'answer-send', 'submit');
    await press(page, 'submit', 'done');
  } finally {
    await bare.close();
  }
}

/**
 * All places are taken: each one learns their place in the queue and that the deadline is kept, and gets in by themselves
 * when it is their turn. Who can record in pieces need not wait.
 */
async function full() {
  const first = await untilQuestion(links.first);
  const plain = await openBrowser();
  try {
    await plain.context.addInitScript('delete window.MediaRecorder');
    const next = await untilCheck(links.next, plain.context);
    await next.getByText(/Very many people/).waitFor();
    await next.getByTestId('queue').filter({ hasText: /You are next; about \d+ minutes?\./ }).waitFor();
    const last = await untilCheck(links.last, plain.context);
    await last.getByTestId('queue').filter({ hasText: /You are number 2 in the queue; about \d+ minutes/ }).waitFor();
    await last.getByText(/if your deadline comes close, it is moved/).waitFor();
    const left = (await viewOf(last)).expires_at - Date.now();
    if (left < HALF_AN_HOUR_MS) throw new Error(`the deadline is not kept: ${left} ms left`);
    await picture(last, 'server-busy');

    const second = await untilCheck(links.second);
    await second.getByTestId('queue').filter({ hasText: 'number 3' }).waitFor();
    await enabled(second, 'check-continue');
    await picture(second, 'server-busy-in-pieces');
    await press(second, 'check-continue', 'ready');
    await second.close();
    for (const page of [next, last]) {
      if (await page.getByTestId('check-continue').isEnabled()) throw new Error('goes on without any way to record');
    }
    await first.close();
    await enabled(next, 'check-continue');
    await last.getByTestId('queue').filter({ hasText: 'You are next' }).waitFor();
    await next.close();
    await enabled(last, 'check-continue');
  } finally {
    await plain.close();
  }
}

/** Withdrawn on another device while this one records. */
async function withdrawn() {
  const page = await untilRecording(links.withdrawn);
  say({ step: 'withdrawn' });
  await new Promise((read) => input.once('line', read));
  await shows(page, 'error');
  await page.getByTestId('erase').waitFor();
  await picture(page, 'withdrawn');
  await page.close();
}

/** What the system takes away while one speaks, and gives back: microphone, camera, both (a call), the screen. */
async function takenAway(page) {
  const mute = (kinds, isOn) =>
    page.evaluate(
      ([muted, on]) => {
        for (const track of window.devices.getTracks()) {
          if (!muted.includes(track.kind)) continue;
          Object.defineProperty(track, 'muted', { value: on, configurable: true });
          track.dispatchEvent(new Event(on ? 'mute' : 'unmute'));
        }
      },
      [kinds, isOn],
    );
  for (const [name, kinds, words] of [
    ['muted', ['audio'], /microphone is muted/],
    ['camera-paused', ['video'], /camera is paused/],
    ['call', ['audio', 'video'], /perhaps for a call/],
  ]) {
    await mute(kinds, true);
    await tells(page, words, name);
    await mute(kinds, false);
    await page.getByTestId('device-banner').waitFor({ state: 'hidden' });
  }
  const charge = (to) =>
    page.evaluate((level) => {
      window.battery.level = level;
      window.battery.dispatchEvent(new Event('levelchange'));
    }, to);
  await charge(0.1);
  await tells(page, /battery is low/, 'battery');
  await charge(1);
  await page.getByTestId('device-banner').waitFor({ state: 'hidden' });
  const hide = (isOn) =>
    page.evaluate((on) => {
      Object.defineProperty(document, 'hidden', { get: () => on, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isOn);
  await hide(true);
  await page.waitForTimeout(3_000);
  await hide(false);
  await tells(page, /in the background for [34] seconds/, 'background');
}

/** The level's first two sources, the meter's and the warning's, give only zeros, as Chromium's sometimes do. */
function losesSound(page) {
  return page.evaluate(() => {
    window.deaf = 2;
    const listen = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (window.deaf === 0) return listen.call(this, stream);
      window.deaf -= 1;
      return listen.call(this, this.createMediaStreamDestination().stream);
    };
  });
}

/** A microphone that hears nothing, then a camera that vanishes and comes back. */
async function devices() {
  const page = await untilRecording(links.devices, context, losesSound);
  await savesOn(page);
  await page.waitForFunction(() => window.deaf === 0);
  await page.waitForTimeout(6_000);
  if ((await page.getByTestId('device-banner').count()) !== 0) throw new Error('a warning without a reason');
  await takenAway(page);
  const hears = (isOn) =>
    page.evaluate((on) => {
      for (const track of window.devices.getAudioTracks()) track.enabled = on;
    }, isOn);
  await hears(false);
  await page.getByTestId('device-banner').filter({ hasText: /hear nothing/ }).waitFor();
  await picture(page, 'silent');
  await hears(true);
  await page.getByTestId('device-banner').waitFor({ state: 'hidden' });

  await page.evaluate(() => {
    window.deviceError = 'NotFoundError';
    const [camera] = window.devices.getVideoTracks();
    camera.stop();
    // As the browser does when a camera is unplugged; a page that stops one itself is not told.
    camera.dispatchEvent(new Event('ended'));
  });
  const lost = page.getByTestId('lost');
  await lost.waitFor();
  if (!/camera/i.test(await lost.textContent())) throw new Error('does not say what is missing');
  await page.evaluate(() => delete window.deviceError);
  await lost.getByRole('button').click();
  await lost.waitFor({ state: 'hidden' });
  await savesOn(page);
  await toTheEnd(page);
}

/** The network does not carry the picture: it may be left out, and the answer goes on. */
async function slow() {
  const noisy = await openBrowser({ video: noise });
  try {
    const page = await untilRecording(links.slow, noisy.context);
    const offer = page.getByTestId('slow-uplink');
    await offer.waitFor();
    await picture(page, 'slow-uplink');
    await press(page, 'slow-voice');
    await offer.waitFor({ state: 'hidden' });
    await savesOn(page);
    await savesOn(page);
    await toTheEnd(page);
  } finally {
    await noisy.close();
  }
}

/** No room on the candidate's disk: the copy is given up, the answer is not. */
async function storage() {
  const page = await untilQuestion(links.storage);
  const session = await context.newCDPSession(page);
  const { origin } = new URL(links.storage);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_024 });
  await press(page, 'question-open', 'think');
  await enabled(page, 'think-start');
  await press(page, 'think-start', 'record');
  await tells(page, /storage of this device is full/, 'storage-full');
  await savesOn(page);
  await savesOn(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await toTheEnd(page);
}

/** The link ends in the middle of an answer: it may be finished and sent. */
async function late() {
  const page = await untilRecording(links.late);
  const { expires_at } = await viewOf(page);
  await page.waitForTimeout(Math.max(0, expires_at - Date.now()) + 2_000);
  if ((await page.evaluate(() => document.body.dataset.screen)) !== 'record') throw new Error('cut off');
  await toTheEnd(page);
}

/** Everything is deleted by the employer while the candidate speaks. */
async function gone() {
  const page = await untilRecording(links.gone);
  say({ step: 'gone' });
  await new Promise((read) => input.once('line', read));
  await shows(page, 'error');
  await page.getByTestId('certificate').waitFor();
  await page.close();
}

/** The server has no room for a new recording: no clock starts, and it can be tried again. */
async function room() {
  const page = await untilQuestion(links.room);
  await press(page, 'question-open');
  await page.locator('[data-testid=notice][data-code=no_room]').waitFor();
  await shows(page, 'ready');
  await enabled(page, 'question-open');
  await page.close();
}
