// A whole interview in Debian's Firefox, driven by WebDriver BiDi, with the camera and the microphone that Firefox invents
// for tests. Prints one JSON line per step, as ../browser/run.mjs does; exits with 1 where it cannot go on.
//
//   node run.mjs '{"link":"…","locale":"zh","way":"human_only","refuse":[],"answer_ms":10000,"reload_after_ms":4000}'
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';

const plan = JSON.parse(process.argv[2]);
const STEP_MS = 60_000;
const TEXT = 'First I asked my team of 8 people what they need. Then we tested it for 3 weeks.';

const errors = [];
const profile = mkdtempSync(path.join(os.tmpdir(), 'viva-firefox-'));
let browser;
try {
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profile,
    defaultViewport: { width: 1280, height: 800 },
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
      'app.update.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  page.setDefaultTimeout(STEP_MS);
  // Firefox calls an attempt to connect an error of the page.
  page.on('pageerror', (error) => /ICE failed/.test(String(error)) || errors.push(String(error)));
  say('browser', { version: await browser.version() });
  await page.goto(plan.link);
  await interview(page);
  say('done', { errors });
} catch (error) {
  say('failed', { error: String(error.message).split('\n')[0].slice(0, 400), errors });
  process.exitCode = 1;
} finally {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

function say(step, more = {}) {
  console.log(JSON.stringify({ step, at_unix_ms: Date.now(), ...more }));
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function interview(page) {
  const lang = plan.locale === 'zh' ? 'zh-CN' : 'en-GB';
  await shows(page, 'landing');
  if ((await page.evaluate(() => document.documentElement.lang)) !== lang) {
    await press(page, `language-${plan.locale}`);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, lang);
  }
  await press(page, 'start', 'way');
  await press(page, `way-${plan.way}`);
  await press(page, 'way-continue', 'consent');
  for (const yes of await page.$$('[data-testid^="consent-"][data-testid$="-yes"]')) await yes.click();
  await press(page, 'consent-continue', 'check');
  await enabled(page, 'check-continue');
  await pause(3_000);
  say('checked', { kbps: await page.$eval('[data-testid=uplink]', (e) => Number(e.dataset.kbps)) });
  await press(page, 'check-continue', 'ready');
  for (;;) {
    const screen = await current(page);
    if (screen === 'submit') break;
    await press(page, 'question-open');
    await page.waitForFunction(() => ['think', 'text'].includes(document.body.dataset.screen));
    await ((await current(page)) === 'think' ? speak(page) : write(page));
  }
  await press(page, 'submit', 'done');
}

async function speak(page) {
  await press(page, 'think-start', 'record');
  say('screen', { screen: 'record' });
  const from = Date.now();
  if (plan.reload_after_ms) {
    await pause(plan.reload_after_ms);
    say('trouble', { kind: 'reload', for_ms: 0, screen: 'record' });
    await page.reload();
    await page.waitForSelector('[data-testid=on-air]:not(.off)');
    say('back', { screen: 'record' });
  }
  await pause(Math.max(0, plan.answer_ms - (Date.now() - from)));
  await press(page, 'record-stop', 'review');
  await enabled(page, 'review-accept');
  say('played', await page.$eval('[data-testid=review-player]', play));
  await press(page, 'review-accept');
  await page.waitForFunction(() => document.body.dataset.screen !== 'review');
}

async function write(page) {
  const choice = await page.$('[data-testid^="choice-"]');
  const question = await page.$eval('[data-testid=question-text]', (element) => element.textContent);
  if (choice !== null) {
    await choice.click();
    say('chosen', { question });
  } else {
    const field = (await page.waitForFunction(fieldToWriteIn)).asElement();
    await field.click();
    await page.keyboard.type(TEXT);
    say('written', { question, text: TEXT, in: await field.evaluate((element) => element.dataset.testid) });
  }
  await press(page, 'answer-send');
  await page.waitForFunction(() => document.body.dataset.screen !== 'text');
}

function current(page) {
  return page.evaluate(() => document.body.dataset.screen);
}

function shows(page, screen) {
  return page.waitForFunction((wanted) => document.body.dataset.screen === wanted, {}, screen);
}

function enabled(page, id) {
  return page.waitForSelector(`[data-testid="${id}"]:not([disabled])`);
}

async function press(page, id, screen) {
  await (await enabled(page, id)).click();
  if (screen === undefined) return;
  await shows(page, screen).catch(async () => {
    const shown = await page.evaluate(() => `${document.body.dataset.screen}: ${document.body.innerText}`);
    throw new Error(`no ${screen} after ${id}: ${shown.replaceAll(/\s+/g, ' ').slice(0, 300)}`);
  });
}

/**
 * Runs in the page: where the answer is written, once it can be. The editor for code lives in a shadow tree, which neither
 * plain selectors nor their observers of changes look into.
 */
function fieldToWriteIn() {
  const editor = document.querySelector('[data-testid=code-editor]')?.shadowRoot;
  return (
    document.querySelector('[data-testid=answer-text]:not([readonly])') ??
    editor?.querySelector('[data-testid=answer-code]')
  );
}

/** Runs in the page: plays the answer as it lies on the server, for a moment. */
async function play(video) {
  const moves = new Promise((over) => {
    video.addEventListener('timeupdate', () => video.currentTime > 0.3 && over());
    setTimeout(over, 5_000);
  });
  video.muted = true;
  await video.play();
  await moves;
  video.pause();
  const { duration, currentTime, videoWidth, videoHeight, error } = video;
  return { duration, currentTime, videoWidth, videoHeight, error: error?.message ?? null };
}
