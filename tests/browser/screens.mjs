// Walks through every screen of the candidate, the report and the inbox in real Chromium, and looks at each (look.mjs).
// Prints one JSON line per step, the last with what was found.
//
//   node screens.mjs '{"links":{"whole":"…","faults":"…","leaving":"…","app":"…","expired":"…","bad":"…","position":"…"},"video":"F.y4m",
//                      "audio":"F.wav","pictures":"DIR"}'
//
// Before it reads on, the test writes one line with the report's link to standard input, once the report is there.
import { readFileSync } from 'node:fs';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sampleInbox } from '../../web/ui/dev/sample.mjs';
import { openBrowser } from './candidate_browser.mjs';
import { Looker, speakAsReader } from './look.mjs';

const { links, video, audio, pictures } = JSON.parse(process.argv[2]);
const FAULTS = {
  denied: 'NotAllowedError',
  none: 'NotFoundError',
  busy: 'NotReadableError',
  unknown: 'UnknownError',
};
const RECORD_MS = 9_000;
const PRACTICE_MS = 6_000;

const looker = new Looker(pictures ?? undefined);
const browser = await openBrowser({ video, audio });
const { context } = browser;
const errors = [];
/** Bytes over the wire until the first page could be used. */
let bundle = 0;
try {
  await faults();
  await leaving();
  await insideAnApp();
  for (const name of ['expired', 'bad']) {
    const page = await open(links[name], 'error');
    await looker.at(page, name);
    await page.close();
  }
  await whole();
  await report();
  await position();
  await inbox();
  say({ step: 'done', bundle, ...looker.result, errors });
} catch (error) {
  say({ step: 'failed', error: String(error.message).slice(0, 500), ...looker.result, errors });
  process.exitCode = 1;
} finally {
  await browser.close();
}

function say(line) {
  console.log(JSON.stringify(line));
}

async function open(link, screen) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => errors.push(String(error)));
  const loaded = [];
  if (bundle === 0) page.on('requestfinished', (request) => loaded.push(request));
  await page.goto(link);
  await shows(page, screen);
  for (const request of loaded) {
    if (!['document', 'script', 'stylesheet'].includes(request.resourceType())) continue;
    bundle += (await request.sizes()).responseBodySize;
  }
  return page;
}

function shows(page, screen) {
  return page.waitForFunction((wanted) => document.body.dataset.screen === wanted, screen);
}

async function press(page, id, screen) {
  await page.getByTestId(id).click();
  if (screen !== undefined) await shows(page, screen);
}

/** A screen that is loaded late, too, begins at its heading for who does not see it. */
async function showsHeading(page, screen) {
  await shows(page, screen);
  await page.waitForFunction(() => document.activeElement?.matches('#main h1'), undefined, { timeout: 5_000 });
}

function closeDialogs(page) {
  return page.evaluate(() => {
    for (const each of document.querySelectorAll('dialog[open]')) each.close();
  });
}

/** A dialog hides the language button, so it is opened anew for each language. */
function dialog(page, opener) {
  const open = async () => {
    for (const id of opener) await page.getByTestId(id).filter({ visible: true }).first().click();
  };
  return { open, close: () => closeDialogs(page) };
}

async function consent(page, refused = []) {
  for (const choice of await page.locator('[data-testid^="consent-"][data-testid$="-yes"]').all()) {
    const purpose = (await choice.getAttribute('data-testid')).replace(/^consent-|-yes$/g, '');
    await page.getByTestId(`consent-${purpose}-${refused.includes(purpose) ? 'no' : 'yes'}`).check();
  }
}

/** What is told when camera or microphone do not come. */
async function faults() {
  const page = await open(links.faults, 'landing');
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', window.deviceError));
    window.deviceError = 'NotAllowedError';
  });
  await press(page, 'start', 'way');
  await press(page, 'way-human_only');
  await press(page, 'way-continue', 'consent');
  await consent(page);
  await press(page, 'consent-continue', 'check');
  for (const [fault, error] of Object.entries(FAULTS)) {
    await page.evaluate((name) => {
      window.deviceError = name;
    }, error);
    await press(page, 'device-retry');
    await page.locator(`[data-fault=${fault}]`).waitFor();
    await looker.at(page, `fault-${fault}`);
  }
  // Without a camera, and without a word.
  await page.evaluate(() => delete navigator.mediaDevices.getUserMedia);
  await press(page, 'voice-alone');
  await page.waitForFunction(() => document.querySelector('[data-testid=check-continue]')?.disabled === false);
  await looker.at(page, 'check-voice-alone');
  await press(page, 'check-continue', 'ready');
  await press(page, 'question-open', 'prompt');
  await page.getByTestId('prompt-words').filter({ hasText: /daughter|女儿/ }).waitFor();
  await looker.at(page, 'prompt-spoken');
  await press(page, 'prompt-over', 'think');
  await looker.at(page, 'think-after-prompt');
  await press(page, 'help');
  await page.getByTestId('typed-answers').check();
  await closeDialogs(page);
  await shows(page, 'text');
  await looker.at(page, 'writing-instead');
  await page.close();
}

/** The link was opened inside WeChat, whose browser lends pages no camera. */
async function insideAnApp() {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.addInitScript(() => {
    const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN';
    Object.defineProperty(navigator, 'userAgent', { get: () => agent });
    Object.defineProperty(navigator, 'mediaDevices', { get: () => undefined });
  });
  await page.goto(links.app);
  await page.locator('[data-testid=way-out][data-app=wechat]').waitFor();
  await looker.at(page, 'inside-an-app');
  await press(page, 'copy-link');
  await page.locator('[data-testid=way-out] [role=status]').waitFor();
  // Nobody is kept from going on: a person can be asked for here, too.
  await press(page, 'start', 'way');
  await page.close();
}

/** Who refuses to be recorded, withdraws, and has everything deleted. */
async function leaving() {
  const page = await open(links.leaving, 'landing');
  await press(page, 'start', 'way');
  await press(page, 'way-human_interview');
  await press(page, 'way-continue');
  await page.getByTestId('person-asked').waitFor();
  await looker.at(page, 'person-asked');
  await press(page, 'way-human_only');
  await press(page, 'way-continue', 'consent');
  await consent(page, ['recording']);
  await looker.at(page, 'consent-refused');
  await looker.at(page, 'withdraw', dialog(page, ['help', 'withdraw']));
  await press(page, 'help');
  await press(page, 'withdraw');
  await press(page, 'withdraw-confirm', 'error');
  await looker.at(page, 'withdrawn');
  await looker.at(page, 'erase', dialog(page, ['erase']));
  await press(page, 'erase');
  await press(page, 'erase-confirm');
  await page.waitForFunction(() => document.querySelector('[data-testid=erase]') === null);
  await looker.at(page, 'erased');
  const certificate = JSON.parse(await saved(page, 'certificate'));
  if (certificate.data_key !== 'destroyed') throw new Error('the certificate says nothing');
  await page.getByTestId('certificate-saved').waitFor();
  await page.close();
}

async function whole() {
  const page = await open(links.whole, 'landing');
  await looker.at(page, 'landing');
  await press(page, 'start', 'way');
  await looker.at(page, 'way');
  await press(page, 'way-ai_and_human');
  await press(page, 'way-continue', 'consent');
  await looker.at(page, 'consent');
  await press(page, 'consent-continue');
  await looker.at(page, 'consent-missing');
  await consent(page);
  await press(page, 'consent-continue');
  await showsHeading(page, 'identity');
  await identity(page);
  await page.waitForFunction(() => document.querySelector('[data-testid=check-continue]')?.disabled === false);
  await looker.at(page, 'check');
  await press(page, 'check-continue', 'ready');
  await looker.at(page, 'ready');
  await looker.at(page, 'help', dialog(page, ['help']));
  await ownDetails(page);
  await press(page, 'practise');
  await showsHeading(page, 'practice');
  await looker.at(page, 'practice');
  await press(page, 'practice-start');
  await page.waitForTimeout(PRACTICE_MS);
  await press(page, 'practice-stop');
  await page.getByTestId('practice-hints').waitFor();
  await looker.at(page, 'practice-hints');
  await press(page, 'practice-leave', 'ready');
  await press(page, 'question-open');
  await showsHeading(page, 'prompt');
  await prompt(page);
  await press(page, 'prompt-over', 'think');
  await looker.at(page, 'think');
  await press(page, 'think-start', 'record');
  const from = Date.now();
  await looker.at(page, 'record');
  await page.waitForTimeout(Math.max(0, RECORD_MS - (Date.now() - from)));
  say({ step: 'cut' });
  await page.getByTestId('lost').waitFor();
  await looker.at(page, 'connection-lost');
  say({ step: 'mend' });
  await page.getByTestId('lost').waitFor({ state: 'hidden' });
  await press(page, 'record-stop', 'review');
  await page.waitForFunction(() => document.querySelector('[data-testid=review-accept]')?.disabled === false);
  await looker.at(page, 'review');
  await replaced(page);
  await press(page, 'review-accept', 'ready');
  await press(page, 'rest');
  await showsHeading(page, 'rest');
  await looker.at(page, 'rest');
  await press(page, 'rest-over', 'ready');
  await press(page, 'question-open', 'text');
  await looker.at(page, 'text');
  await page.getByTestId('answer-text').fill('First I asked my team of 8 people, then we tested it.');
  await press(page, 'answer-send', 'ready');
  await page.locator('.screen .tag').waitFor();
  await looker.at(page, 'further-question');
  await press(page, 'question-open', 'text');
  await page.getByTestId('answer-text').fill('Eight people in two cities.');
  await press(page, 'answer-send', 'ready');
  await code(page);
  await press(page, 'question-open', 'text');
  await looker.at(page, 'choice');
  await page.locator('[data-testid^="choice-"]').first().check();
  await press(page, 'answer-send', 'submit');
  await looker.at(page, 'submit');
  await page.waitForFunction(() => document.querySelector('[data-testid=submit]')?.disabled === false);
  await press(page, 'submit', 'done');
  await page.getByTestId('own-result').waitFor();
  await page.getByTestId('demographics-sex').selectOption('female');
  await press(page, 'demographics-send');
  await looker.at(page, 'done');
  // What was asked is read in the chosen language, too, although the interview is over.
  await press(page, 'language-en');
  await page.getByTestId('stored').filter({ hasText: 'How do you find out what customers need?' }).waitFor();
  await press(page, 'survey-rating-4');
  await press(page, 'survey-fairness-5');
  await press(page, 'survey-send');
  await page.getByTestId('survey-send').waitFor({ state: 'detached' });
  const archive = await saved(page, 'download');
  if (!archive.subarray(0, 2).equals(Buffer.from('PK'))) throw new Error('the archive is no ZIP');
  await page.close();
}

/** What is wrong is told beside its field, and what was right is taken. */
async function identity(page) {
  await looker.at(page, 'identity');
  await page.getByTestId('identity-full-name').fill('李华');
  await page.getByTestId('identity-number').fill('110105194912310021');
  await press(page, 'identity-continue');
  await page.locator('[data-fault=id_checksum]').waitFor();
  await looker.at(page, 'identity-mistake');
  await page.getByTestId('identity-number').fill('１１０１０５１９４９１２３１００２ｘ');
  await press(page, 'identity-continue', 'check');
}

/** Until everything is sent, what one said about oneself can be put right. */
async function ownDetails(page) {
  const details = page.getByTestId('own-details');
  const close = async () => {
    if (await details.evaluate((each) => each.open)) await details.locator('summary').click();
    await closeDialogs(page);
  };
  const open = async () => {
    await press(page, 'help');
    await details.locator('summary').click();
    await page.getByTestId('identity-full-name').waitFor();
  };
  await looker.at(page, 'own-details', { open, close });
  await open();
  await page.waitForFunction(() => document.querySelector('[data-testid=identity-full-name]')?.value === '李华');
  await page.getByTestId('identity-full-name').fill('李晓华');
  await press(page, 'identity-continue');
  await details.locator('.good').waitFor();
  await close();
}

/** A file with captions plays under the page's own policy. */
async function prompt(page) {
  const player = page.getByTestId('prompt-player');
  await player.waitFor();
  await page.waitForFunction(() => {
    const video = document.querySelector('[data-testid=prompt-player]');
    return video.readyState >= 2 && video.textTracks[0]?.cues?.length === 2;
  });
  await looker.at(page, 'prompt-played');
  const shown = await player.evaluate(async (video) => {
    await video.play();
    await new Promise((done) => setTimeout(done, 700));
    video.pause();
    return [video.currentTime > 0, video.textTracks[0].mode, video.textTracks[0].activeCues[0]?.text];
  });
  if (shown[0] !== true || shown[1] !== 'showing' || !shown[2]) throw new Error(`the prompt: ${shown}`);
}

/** The editor comes only with this question, and what is typed outlives the page. */
async function code(page) {
  const scripts = [];
  page.on('request', (request) => request.resourceType() === 'script' && scripts.push(request.url()));
  await press(page, 'question-open', 'text');
  const editor = page.getByTestId('answer-code');
  await editor.waitFor();
  if (!scripts.some((url) => url.includes('editor'))) throw new Error(`no chunk of the editor: ${scripts}`);
  await editor.click();
  const kept = page.waitForResponse(
    (response) => response.request().method() === 'PUT' && response.request().postData()?.includes('return a + b'),
  );
  await page.keyboard.type('def add(a, b):\nreturn a + b', { delay: 10 });
  await looker.at(page, 'code');
  await kept;
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await shows(page, 'text');
  await page.getByTestId('answer-code').filter({ hasText: 'return a + b' }).waitFor();
  await press(page, 'answer-send', 'ready');
}

/** What a button saves. */
async function saved(page, id) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId(id).filter({ visible: true }).click(),
  ]);
  return readFileSync(await download.path());
}

/** The same link in another tab takes over, and this one says so. */
async function replaced(page) {
  const other = await open(links.whole, 'review');
  await shows(page, 'replaced');
  await looker.at(page, 'replaced', { speak: async () => {} });
  await press(page, 'go-on-here', 'review');
  await other.close();
  await page.waitForFunction(() => document.querySelector('[data-testid=review-accept]')?.disabled === false);
}

async function report() {
  say({ step: 'submitted' });
  const input = readline.createInterface(process.stdin);
  const link = await new Promise((read) => input.once('line', read));
  // An open input would keep this program alive.
  input.close();
  process.stdin.destroy();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByTestId('report').waitFor();
  await looker.at(page, 'report', { speak: speakAsReader });
  await page.close();
}

/** The position's page: candidates side by side, and statistics. */
async function position() {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(links.position);
  await page.getByTestId('points').waitFor();
  await looker.at(page, 'compare', { speak: speakAsReader });
  await page.getByTestId('view-statistics').click();
  await page.getByTestId('impact').waitFor();
  await looker.at(page, 'statistics', { speak: speakAsReader });
  await page.close();
}

/** The demo's inbox, a built page like the others, with sample events: only the demo serves it. */
async function inbox() {
  const page = await context.newPage();
  const html = fileURLToPath(new URL('../../web/ui/dist/inbox.html', import.meta.url));
  await page.route('**/demo/inbox', (route) =>
    route.fulfill({ contentType: 'text/html', body: readFileSync(html, 'utf8') }),
  );
  await page.route('**/demo/inbox.json', (route) => route.fulfill({ json: sampleInbox() }));
  await page.goto(new URL('/demo/inbox', links.whole).href);
  await page.locator('.events .card').first().waitFor();
  await page.locator('.events summary').first().click();
  await looker.at(page, 'inbox', { speak: speakAsReader });
  await page.close();
}
