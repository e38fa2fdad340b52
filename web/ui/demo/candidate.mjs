// Walks a whole interview in real Chromium, like a person: by what is on the page, in the order it appears.
// Prints one JSON line per step; exits with 1 and the page's own errors when it cannot go on.
//
//   node demo/candidate.mjs --url LINK --video F.y4m --audio F.wav
//     [--answer-seconds N]   stop each answer after N seconds; without it the timer ends it
//     [--review-seconds N]   look at each answer so long before it is used, as people do
//     [--speech F.json]      where each answer lies in F.wav: speak it when its recording begins, then stop
//     [--devices F.js]       run in the page first, to put other devices in the place of the fake ones
//     [--offline FROM,FOR]   take the page off its network so many seconds into each recording, for so long
//     [--reload AT]          reload the page so many seconds into the first recording
//     [--crash AT]           kill the whole browser then, and start it again with what it kept on its disk
//     [--suspend AT,FOR]     stop every process of the browser then, for so many seconds, as a closed lid does
//     [--refuse A,B]         say no to these purposes
//     [--no-copy]            a browser that cannot record by itself
//     [--no-disk]            a browser that lets pages keep nothing
//     [--no-webm]            a browser that records by itself, but only MP4
//     [--until STEP]         after this step keep the page open until standard input ends
//     [--screenshots DIR]    a picture of every screen
//     [--locale zh|en]       switch the page to this language first
//     [--viewport phone|desktop]
//     [--timeout-seconds N]  for one step (default 60)

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const VIEWPORTS = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    video: { type: "string" },
    audio: { type: "string" },
    "answer-seconds": { type: "string" },
    "review-seconds": { type: "string", default: "0" },
    speech: { type: "string" },
    devices: { type: "string" },
    offline: { type: "string" },
    reload: { type: "string" },
    crash: { type: "string" },
    suspend: { type: "string" },
    refuse: { type: "string", default: "" },
    "no-copy": { type: "boolean", default: false },
    "no-disk": { type: "boolean", default: false },
    "no-webm": { type: "boolean", default: false },
    until: { type: "string" },
    screenshots: { type: "string" },
    locale: { type: "string" },
    viewport: { type: "string", default: "desktop" },
    "timeout-seconds": { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});
if (options.help || !options.url || !(options.viewport in VIEWPORTS)) {
  console.error("node demo/candidate.mjs --url LINK --video F.y4m --audio F.wav (see the head of this file)");
  process.exit(options.help ? 0 : 2);
}

const timeout = Number(options["timeout-seconds"]) * 1000;
const answerSeconds = options["answer-seconds"] === undefined ? null : Number(options["answer-seconds"]);
const speech = options.speech === undefined ? null : JSON.parse(readFileSync(options.speech, "utf8"));
const started = performance.now();
const pageErrors = [];
let pictures = 0;
let answered = 0;
let reached = "";
let interrupted = false;

/** A take begins and ends this long before and after the words. */
const MARGIN_S = 0.8;
/** Said while microphone and camera are checked. */
const GREETING_S = 1;

const profile = mkdtempSync(path.join(os.tmpdir(), "viva-candidate-"));
let context;
try {
  let over = false;
  while (!over) {
    context = await launch();
    over = await interview(context.pages()[0] ?? (await context.newPage()));
  }
} catch (error) {
  await picture(context?.pages()[0], "failed").catch(() => undefined);
  step("failed", { error: String(error.message).split("\n")[0], page_errors: pageErrors });
  process.exitCode = 1;
} finally {
  await context?.close().catch(() => undefined);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

function launch() {
  const devices = [
    ...(options.video ? [`--use-file-for-fake-video-capture=${path.resolve(options.video)}`] : []),
    ...(options.audio && !speech ? [`--use-file-for-fake-audio-capture=${path.resolve(options.audio)}`] : []),
  ];
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [...FLAGS, ...devices],
    permissions: ["camera", "microphone"],
    ignoreHTTPSErrors: true,
    ...VIEWPORTS[options.viewport],
  });
}

/** Says whether it is over; else the browser died, and another one goes on. */
async function interview(page) {
  page.setDefaultTimeout(timeout);
  page.on("pageerror", (error) => pageErrors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && pageErrors.push(message.text()));
  if (speech) {
    await page.route("**/demo-voice.wav", (route) => route.fulfill({ path: options.audio }));
    await page.addInitScript({ path: fileURLToPath(new URL("microphone.js", import.meta.url)) });
  }
  if (options.devices !== undefined) await page.addInitScript({ path: options.devices });
  if (options["no-copy"]) await page.addInitScript("delete window.MediaRecorder");
  if (options["no-disk"]) {
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("not in this window", "InvalidStateError");
      };
    });
  }
  if (options["no-webm"]) {
    await page.addInitScript(() => {
      const knows = MediaRecorder.isTypeSupported.bind(MediaRecorder);
      MediaRecorder.isTypeSupported = (type) => !type.includes("webm") && knows(type);
    });
  }
  await page.goto(options.url);
  const screens = {
    landing,
    way,
    consent,
    identity,
    check,
    wait,
    ready,
    prompt,
    think,
    record,
    review,
    text: written,
    submit,
    done,
    replaced,
  };
  for (let over = false; !over; ) {
    const screen = await currentScreen(page);
    if (!(screen in screens)) throw new Error(`the page shows "${screen}"`);
    await picture(page, screen);
    over = (await screens[screen](page)) ?? false;
    if (reached === "crashed") return false;
    if (options.until !== undefined && reached === options.until) {
      process.stdin.resume();
      await new Promise((resolve) => process.stdin.once("end", resolve));
      return true;
    }
  }
  return true;
}

/** Every step below waits until its screen is left, so whatever is shown now is the next one. */
async function currentScreen(page) {
  await page.waitForFunction(() => document.body.dataset.screen, undefined, { timeout });
  return page.evaluate(() => document.body.dataset.screen);
}

function leaves(page, screen) {
  return page.waitForFunction((before) => document.body.dataset.screen !== before, screen, { timeout });
}

function press(page, id) {
  return page.getByTestId(id).click();
}

async function landing(page) {
  if (options.locale) await switchTo(page, options.locale);
  step("opened", { title: await page.locator("h1").textContent() });
  await press(page, "start");
  await leaves(page, "landing");
}

async function switchTo(page, locale) {
  const button = page.getByTestId(`language-${locale}`);
  if (!(await button.isVisible())) return;
  await button.click();
  const lang = locale === "zh" ? "zh-CN" : "en-GB";
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang, { timeout });
  await picture(page, "landing");
}

async function way(page) {
  await page.getByTestId("way-ai_and_human").check();
  await press(page, "way-continue");
  await leaves(page, "way");
}

async function consent(page) {
  const yes = page.locator('[data-testid^="consent-"][data-testid$="-yes"]');
  const purposes = [];
  for (const choice of await yes.all()) {
    const purpose = (await choice.getAttribute("data-testid")).replace(/^consent-|-yes$/g, "");
    if (options.refuse.split(",").includes(purpose)) await page.getByTestId(`consent-${purpose}-no`).check();
    else {
      await choice.check();
      purposes.push(purpose);
    }
  }
  await picture(page, "consent-chosen");
  await press(page, "consent-continue");
  await leaves(page, "consent");
  step("consented", { purposes });
}

async function identity(page) {
  const known = { name: "李华", tel: "+86 138 0013 8000", email: "li.hua@example.org" };
  for (const input of await page.locator("form input").all()) {
    await input.fill(known[await input.getAttribute("autocomplete")] ?? "11010519491231002X");
  }
  await press(page, "identity-continue");
  await leaves(page, "identity");
  step("identified");
}

async function prompt(page) {
  await press(page, "prompt-over");
  await leaves(page, "prompt");
  step("prompt_over");
}

async function check(page) {
  const greeting = speech && say(page, speech.answers[0].start_s, speech.answers[0].start_s + GREETING_S);
  const go = page.getByTestId("check-continue");
  await page.waitForFunction(
    () =>
      document.querySelector("[data-testid=check-continue]")?.disabled === false ||
      document.querySelector("[data-testid=device-fault]"),
    undefined,
    { timeout },
  );
  const fault = page.getByTestId("device-fault");
  if (await fault.isVisible()) throw new Error(`devices: ${await fault.getAttribute("data-fault")}`);
  await picture(page, "check-passed");
  const kbps = Number(await page.getByTestId("uplink").getAttribute("data-kbps"));
  await greeting;
  await go.click();
  await leaves(page, "check");
  step("checked", { kbps });
}

async function wait(page) {
  await leaves(page, "wait");
}

async function ready(page) {
  await press(page, "question-open");
  await leaves(page, "ready");
}

async function think(page) {
  step("question_opened", { question: await page.getByTestId("question-text").textContent() });
  // The timer may be faster than the click: then recording has begun by itself.
  await Promise.race([press(page, "think-start"), leaves(page, "think")]);
  await leaves(page, "think");
}

async function record(page) {
  const from = performance.now();
  step("recording");
  if (options.reload !== undefined && !interrupted) return reload(page, Number(options.reload));
  if (options.crash !== undefined && !interrupted) return crash(page, Number(options.crash));
  const answer = speech?.answers[answered];
  const spoken = answer && speak(page, answer);
  const outage =
    (options.offline && goOffline(page, ...options.offline.split(",").map(Number))) ||
    (options.suspend && suspend(page, ...options.suspend.split(",").map(Number)));
  await page.waitForTimeout(Math.min(3000, (answerSeconds ?? 6) * 500));
  await picture(page, "recording");
  if (spoken || answerSeconds !== null) {
    await (spoken ?? page.waitForTimeout(Math.max(0, answerSeconds * 1000 - (performance.now() - from))));
    const saved = Number(
      await page
        .getByTestId("saved-up-to")
        .getAttribute("data-ms")
        .catch(() => 0),
    );
    await Promise.race([press(page, "record-stop"), leaves(page, "record")]);
    step("stopped", { saved_up_to_ms: saved });
  }
  await page.waitForFunction(() => document.body.dataset.screen !== "record", undefined, {
    timeout: 15 * 60_000,
  });
  step("recorded", { seconds: seconds(performance.now() - from) });
  await outage;
}

async function reload(page, atS) {
  interrupted = true;
  await page.waitForTimeout(atS * 1000);
  step("reloaded", { at_unix_ms: Date.now() });
  await page.reload();
}

async function crash(page, atS) {
  interrupted = true;
  await page.waitForTimeout(atS * 1000);
  const died = new Promise((resolve) => page.context().once("close", resolve));
  process.kill(browserGroup(), "SIGKILL");
  step("crashed", { at_unix_ms: Date.now() });
  await died;
}

async function suspend(page, atS, forS) {
  await page.waitForTimeout(atS * 1000);
  const group = browserGroup();
  process.kill(group, "SIGSTOP");
  step("suspended", { at_unix_ms: Date.now() });
  await new Promise((resolve) => setTimeout(resolve, forS * 1000));
  process.kill(group, "SIGCONT");
  step("resumed", { at_unix_ms: Date.now() });
}

/** All processes of this browser: the first one has its folder among its arguments and leads their group. */
function browserGroup() {
  return -Number(execFileSync("pgrep", ["-o", "-f", "--", profile]).toString().trim());
}

async function goOffline(page, fromS, forS) {
  await page.waitForTimeout(fromS * 1000);
  await page.context().setOffline(true);
  step("offline");
  await page.waitForTimeout(forS * 1000);
  await page.context().setOffline(false);
  step("online");
}

/** Says the answer, with a little silence before and after. */
async function speak(page, answer) {
  await page.waitForTimeout(MARGIN_S * 1000);
  await say(page, answer.start_s, answer.end_s);
  await page.waitForTimeout(MARGIN_S * 1000);
}

function say(page, start, end) {
  return page.evaluate(([from, to]) => window.say(from, to), [start, end]);
}

async function review(page) {
  const question = await page.getByTestId("question-text").textContent();
  await page.waitForFunction(
    () =>
      document.querySelector("[data-testid=review-accept]")?.disabled === false ||
      document.querySelector(".notice"),
    undefined,
    { timeout },
  );
  const player = page.getByTestId("review-player");
  if (!(await player.isVisible())) throw new Error("the take was not usable");
  const seen = await player.evaluate(async (video) => {
    if (video.readyState < 1) {
      await new Promise((resolve, reject) => {
        video.addEventListener("loadedmetadata", resolve, { once: true });
        video.addEventListener("error", () => reject(new Error(`player: ${video.error?.message}`)), {
          once: true,
        });
      });
    }
    return {
      duration_ms: Math.round(video.duration * 1000),
      width: video.videoWidth,
      height: video.videoHeight,
    };
  });
  await picture(page, "reviewed");
  await page.waitForTimeout(Number(options["review-seconds"]) * 1000);
  await press(page, "review-accept");
  await leaves(page, "review");
  answered++;
  step("answered", { question, ...seen });
}

async function written(page) {
  const question = await page.getByTestId("question-text").textContent();
  const field = page.getByTestId("answer-text");
  if (await field.isVisible()) {
    await field.fill(
      "First I listen to the customers, then I write down what I learn, and finally I show the result.",
    );
  } else {
    await page.locator('[data-testid^="choice-"]').first().check();
  }
  await press(page, "answer-send");
  await page.waitForFunction(
    (before) => document.querySelector("[data-testid=question-text]")?.textContent !== before,
    question,
    { timeout },
  );
  step("answered", { question });
}

async function submit(page) {
  await press(page, "submit");
  await leaves(page, "submit");
  step("submitted");
}

async function done(page) {
  await page.getByTestId("done").waitFor();
  step("done");
  return true;
}

/** Another page has taken over: this one says so, and leaves it alone. */
async function replaced(page) {
  step("replaced", { title: await page.locator("h1").textContent() });
  return true;
}

async function picture(page, name) {
  if (!options.screenshots) return;
  mkdirSync(options.screenshots, { recursive: true });
  const number = String(++pictures).padStart(2, "0");
  await page.screenshot({ path: path.join(options.screenshots, `${number}-${name}.png`), fullPage: true });
}

function step(name, more = {}) {
  reached = name;
  console.log(JSON.stringify({ step: name, at_s: seconds(performance.now() - started), ...more }));
}

function seconds(milliseconds) {
  return Math.round(milliseconds / 100) / 10;
}
