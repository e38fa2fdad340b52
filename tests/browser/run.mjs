// One candidate's way through a whole interview, with trouble on the way. Like a person it looks at what the page shows,
// does what is to be done there, and looks again. Prints one JSON line per step; exits with 1 at a dead end.
//
//   node run.mjs '{"link":"…","locale":"zh","viewport":"phone","way":"human_only","refuse":["expression"],
//                  "wishes":["audio-only"],"wishes_on":"ready","practise":true,"again":true,"answer_ms":8000,
//                  "troubles":[{"on":"record","after_ms":2500,"kind":"reload","for_ms":2000}],"pictures":"DIR"}'
//
// The page's own troubles happen here: reload, tab (closed and opened again), crash (the whole browser is killed), device
// (the link is opened on a second one, and it goes on there), lid (all its processes stand still), offline. All others are
// only announced: the test makes them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const plan = JSON.parse(process.argv[2]);
const devices = fileURLToPath(new URL('one_clock.js', import.meta.url));
const VIEWPORTS = {
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
/** Nothing new for so long is a dead end, beside what an answer itself takes. */
const DEAD_END_MS = 90_000 + plan.answer_ms;
const LOOK_EVERY_MS = 200;
const TYPED_AT_ONCE = 12;
const ANSWERS = {
  text: 'First I asked my team of 8 people what they need. Then we tested it for 3 weeks, and in the end it saved 20 % of the time.',
  code: 'total = lambda items: sum(item.price for item in items)',
};

const started = Date.now();
const browsers = [];
const errors = [];
const written = new Map();
const waiting = [];
const fired = new Set();
const played = new Set();
let page = null;
let place = '';
let placeSince = Date.now();
let away = null;
let wished = plan.wishes.length === 0;
let practised = !plan.practise;
let tookAgain = !plan.again;
let isOver = false;

async function finish(why) {
  if (why !== undefined) isOver = true;
  process.stdin.destroy();
  for (const { context, profile } of browsers.splice(0)) {
    await context.close().catch(() => undefined);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function say(step, more = {}) {
  console.log(JSON.stringify({ step, at_unix_ms: Date.now(), at_s: (Date.now() - started) / 1000, ...more }));
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n')[0].slice(0, 300);
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A device of its own: another profile, so nothing of what another one keeps is here. */
async function openDevice(profile = mkdtempSync(path.join(os.tmpdir(), 'viva-run-'))) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    permissions: ['camera', 'microphone'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
    ],
    ...VIEWPORTS[plan.viewport],
  });
  browsers.push({ context, profile });
  await context.addInitScript({ path: devices });
  return context.pages()[0] ?? context.newPage();
}

/** Opens the link, again and again as a person does while there is no network. */
async function arrive() {
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => errors.push(String(error)));
  for (;;) {
    try {
      await page.goto(plan.link, { waitUntil: 'domcontentloaded' });
      return;
    } catch (error) {
      if (isOver || Date.now() - placeSince > DEAD_END_MS) throw error;
      await pause(1_000);
    }
  }
}

/** What the candidate sees, as one text: while it stays the same there is no progress. */
async function look() {
  return page.evaluate(() => {
    const shown = (id) => document.querySelector(`[data-testid=${id}]`);
    return {
      screen: document.body.dataset.screen ?? '',
      question: shown('question-text')?.textContent ?? '',
      answered: document.querySelector('header progress')?.value ?? 0,
      onAir: shown('on-air') !== null && !shown('on-air').classList.contains('off'),
    };
  });
}

async function whatIsShown() {
  const text = await page.evaluate(() => document.body.innerText).catch(firstLine);
  return `${place}: ${String(text).replaceAll(/\s+/g, ' ')}`.slice(0, 600);
}

async function turn() {
  const seen = await look();
  const now = `${seen.screen} ${seen.answered} ${seen.question}`;
  if (now !== place) {
    if (seen.screen !== place.split(' ')[0]) say('screen', { screen: seen.screen });
    [place, placeSince] = [now, Date.now()];
    for (const trouble of plan.troubles.filter((each) => each.on === seen.screen && !fired.has(each))) {
      fired.add(trouble);
      setTimeout(() => waiting.push(trouble), trouble.after_ms);
    }
    await picture(seen.screen);
  }
  if (away !== null && (seen.screen === 'record' ? seen.onAir : seen.screen !== '')) {
    say('back', { screen: seen.screen });
    away = null;
  }
  await SCREENS[seen.screen]?.(seen);
}

const button = (id) => page.getByTestId(id).filter({ visible: true }).first();

/** Presses what can be pressed now; says whether it could. */
async function press(id) {
  const wanted = button(id);
  if ((await wanted.count()) === 0 || !(await wanted.isEnabled())) return false;
  await wanted.click({ timeout: 3_000 });
  return true;
}

async function wish() {
  wished = true;
  if (!(await press('help'))) return;
  for (const name of plan.wishes) {
    const box = page.getByTestId(name);
    if (['audio-only', 'typed-answers'].includes(name) || name.startsWith('time-')) {
      // The server's answer decides what is shown, so there is nothing to wait for.
      await box.click({ timeout: 3_000, force: true });
    } else await box.click({ timeout: 3_000 });
    await pause(300);
  }
  say('wished', { wishes: plan.wishes });
  await page.evaluate(() => {
    for (const each of document.querySelectorAll('dialog[open]')) each.close();
  });
}

/** Plays the answer as it lies on the server, for a moment. */
function play() {
  return button('review-player').evaluate(async (video) => {
    const fails = new Promise((over) => setTimeout(over, 4_000));
    const moves = new Promise((over) => video.addEventListener('timeupdate', () => video.currentTime > 0.3 && over()));
    video.muted = true;
    await Promise.race([video.play().then(() => moves), fails]).catch(() => undefined);
    video.pause();
    const { duration, currentTime, videoWidth, videoHeight, error } = video;
    return { duration, currentTime, videoWidth, videoHeight, error: error?.message ?? null };
  });
}

const SCREENS = {
  async landing() {
    const lang = plan.locale === 'zh' ? 'zh-CN' : 'en-GB';
    if ((await page.evaluate(() => document.documentElement.lang)) !== lang) {
      await press(`language-${plan.locale}`);
      return;
    }
    await press('start');
  },
  async way() {
    await button(`way-${plan.way}`).check({ timeout: 3_000 });
    await press('way-continue');
  },
  async consent() {
    for (const yes of await page.locator('[data-testid^="consent-"][data-testid$="-yes"]').all()) {
      const purpose = (await yes.getAttribute('data-testid')).replace(/^consent-|-yes$/g, '');
      const chosen = plan.refuse.includes(purpose) ? page.getByTestId(`consent-${purpose}-no`) : yes;
      await chosen.check({ timeout: 3_000 });
    }
    await press('consent-continue');
  },
  async check() {
    const fault = page.getByTestId('device-fault');
    if (await fault.isVisible()) throw new Error(`devices: ${await fault.getAttribute('data-fault')}`);
    await press('check-continue');
  },
  async ready() {
    if (!wished && plan.wishes_on === 'ready') return wish();
    if (!practised && (await button('practise').count()) > 0) {
      practised = true;
      return press('practise');
    }
    await press('question-open');
  },
  async practice() {
    if ((await button('practice-player').count()) > 0) return press('practice-leave');
    if ((await button('practice-stop').count()) > 0) {
      await pause(2_000);
      return press('practice-stop');
    }
    await press('practice-start');
  },
  async think() {
    if ((await button('count-in').count()) > 0) return;
    await press('think-start');
  },
  async record() {
    if (!wished && plan.wishes_on === 'record' && Date.now() - placeSince > 2_000) return wish();
    if (away !== null || Date.now() - placeSince < plan.answer_ms) return;
    if (await press('record-stop')) say('stopped');
  },
  async review(seen) {
    if ((await button('count-in').count()) > 0) return;
    if (!tookAgain && (await button('review-again').count()) > 0 && (await button('review-again').isEnabled())) {
      tookAgain = true;
      say('again');
      return press('review-again');
    }
    if ((await button('review-player').count()) > 0 && !played.has(seen.question)) {
      played.add(seen.question);
      say('played', await play());
    }
    if (await press('review-accept')) return say('accepted');
    // Not usable, and not about to be: recorded again, if anything.
    if ((await page.getByTestId('spoilt').count()) > 0 && (await press('review-again'))) say('spoilt');
  },
  async text(seen) {
    const choice = page.locator('[data-testid^="choice-"]').first();
    if ((await choice.count()) > 0) {
      if (!(await choice.isEnabled())) return;
      await choice.check({ timeout: 3_000 });
      return press('answer-send');
    }
    const code = button('answer-code');
    const isCode = (await code.count()) > 0;
    const field = isCode ? code : button('answer-text');
    if ((await field.count()) === 0 || !(await field.isEditable())) return;
    const wanted = ANSWERS[isCode ? 'code' : 'text'];
    const there = (await (isCode ? field.innerText() : field.inputValue())).replace(/\n$/, '');
    const before = written.get(seen.question);
    // What was typed a while before the trouble must be there again.
    if (before !== undefined && there.length < before.length && before.isSettled)
      say('draft_lost', { had: before.length, has: there.length });
    if (there === wanted) {
      if (await press('answer-send')) say('written', { question: seen.question, text: wanted });
      return;
    }
    if (!wanted.startsWith(there)) return say('draft_wrong', { there });
    await field.click({ timeout: 3_000 });
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type(wanted.slice(there.length, there.length + TYPED_AT_ONCE), { delay: 20 });
    written.set(seen.question, { length: there.length, isSettled: true });
  },
  async submit() {
    if (await press('submit')) say('submitted');
  },
  async done() {
    await picture('done');
    say('done', { errors, seconds: (Date.now() - started) / 1000 });
    isOver = true;
  },
  /** The other device has gone on; whoever looks here again goes on here. */
  async replaced() {
    await press('go-on-here');
  },
  async error() {
    throw new Error('the page gave up');
  },
};

async function suffer({ kind, for_ms }) {
  say('trouble', { kind, for_ms, screen: place.split(' ')[0] });
  const browser = browsers.at(-1);
  switch (kind) {
    case 'reload':
      away = kind;
      await page.reload({ waitUntil: 'domcontentloaded' }).catch(() => arrive());
      return;
    case 'tab': {
      away = kind;
      const other = await browser.context.newPage();
      await page.close();
      await pause(for_ms);
      page = other;
      return arrive();
    }
    case 'crash': {
      away = kind;
      const died = new Promise((resolve) => browser.context.once('close', resolve));
      process.kill(groupOf(browser), 'SIGKILL');
      await died;
      browsers.pop();
      await pause(for_ms);
      page = await openDevice(browser.profile);
      return arrive();
    }
    case 'device':
      away = kind;
      page = await openDevice();
      return arrive();
    case 'offline':
      await browser.context.setOffline(true);
      await pause(for_ms);
      return browser.context.setOffline(false);
    case 'lid':
      away = kind;
      process.kill(groupOf(browser), 'SIGSTOP');
      await pause(for_ms);
      process.kill(groupOf(browser), 'SIGCONT');
  }
}

/** All processes of a browser: the first one has its folder among its arguments and leads their group. */
function groupOf({ profile }) {
  return -Number(execFileSync('pgrep', ['-o', '-f', '--', profile]).toString().trim());
}

async function picture(name) {
  if (!plan.pictures) return;
  mkdirSync(plan.pictures, { recursive: true });
  const number = String(Math.round((Date.now() - started) / 100)).padStart(5, '0');
  await page?.screenshot({ path: path.join(plan.pictures, `${number}-${name}.png`) }).catch(() => undefined);
}

process.stdin.once('end', () => finish('abandoned'));
process.stdin.resume();
try {
  page = await openDevice();
  await arrive();
  while (!isOver) {
    const trouble = waiting.shift();
    try {
      if (trouble !== undefined) await suffer(trouble);
      else await turn();
    } catch (error) {
      // A page that goes away under one's hands; what matters is what is shown next.
      if (error instanceof ReferenceError) throw error;
      say('stumbled', { error: firstLine(error) });
    }
    if (Date.now() - placeSince > DEAD_END_MS) throw new Error(`nothing new for long: ${await whatIsShown()}`);
    await pause(LOOK_EVERY_MS);
  }
} catch (error) {
  await picture('dead-end');
  say('failed', { error: firstLine(error), errors });
  process.exitCode = 1;
} finally {
  await finish();
}
