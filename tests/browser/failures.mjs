// What goes wrong while a candidate answers, provoked in real Chromium: each time the page must say what happened, and
// lead on. Prints one JSON line per step; exits with 1 where a candidate would be stuck.
//
//   node failures.mjs '{"links":{"devices":"…","storage":"…","late":"…","gone":"…","room":"…"}}'
//
// At the step `gone` the test erases that interview before it writes a line to standard input.
import readline from 'node:readline';
import { openBrowser } from './candidate_browser.mjs';

const { links } = JSON.parse(process.argv[2]);

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
const errors = [];
const input = readline.createInterface(process.stdin);
try {
  for (const [name, walk] of Object.entries({ room, late, devices, storage, gone })) {
    await walk();
    say({ step: 'passed', name });
  }
  say({ step: 'done', errors });
} catch (error) {
  say({ step: 'failed', error: String(error.message).slice(0, 800), errors });
  process.exitCode = 1;
} finally {
  input.close();
  process.stdin.destroy();
  await browser.close();
}

function say(line) {
  console.log(JSON.stringify(line));
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

async function untilQuestion(link) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(link);
  await shows(page, 'landing');
  await press(page, 'start', 'way');
  await press(page, 'way-ai_and_human');
  await press(page, 'way-continue', 'consent');
  for (const yes of await page.locator('[data-testid^="consent-"][data-testid$="-yes"]').all()) await yes.check();
  await press(page, 'consent-continue', 'check');
  await enabled(page, 'check-continue');
  await press(page, 'check-continue', 'ready');
  await enabled(page, 'question-open');
  return page;
}

async function untilRecording(link) {
  const page = await untilQuestion(link);
  await press(page, 'question-open', 'think');
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

/** A microphone that hears nothing, then a camera that vanishes and comes back. */
async function devices() {
  const page = await untilRecording(links.devices);
  await savesOn(page);
  if ((await page.getByTestId('device-banner').count()) !== 0) throw new Error('a warning without a reason');
  const mute = (isOn) =>
    page.evaluate((on) => {
      for (const track of window.devices.getAudioTracks()) track.enabled = on;
    }, isOn);
  await mute(false);
  await page.getByTestId('device-banner').waitFor();
  await mute(true);
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

/** No room on the candidate's disk: the copy is given up, the answer is not. */
async function storage() {
  const page = await untilQuestion(links.storage);
  const session = await context.newCDPSession(page);
  const { origin } = new URL(links.storage);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_024 });
  await press(page, 'question-open', 'think');
  await enabled(page, 'think-start');
  await press(page, 'think-start', 'record');
  await savesOn(page);
  await savesOn(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await toTheEnd(page);
}

/** The link ends in the middle of an answer: it may be finished and sent. */
async function late() {
  const page = await untilRecording(links.late);
  const { expires_at } = await page.evaluate(async () => {
    const token = location.pathname.split('/').at(-1);
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch('/api/v1/candidate/interview', { headers })).json();
  });
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
