// Records a take in real Chromium through an outage, a reload and a crash of the tab, and checks what the browser
// kept, what it sent afterwards and that it plays. Prints one JSON line; exits with 1 when something is not as it
// must be. Needs the built pages (vite build) and ffprobe.
//
//   node dev/copyCheck.mjs [--screenshots DIR] [--locale zh|en] [--width 390]

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "5181" },
    locale: { type: "string", default: "en" },
    width: { type: "string", default: "1280" },
    screenshots: { type: "string" },
  },
});
const token = `copy-${options.locale}`;
const origin = `http://127.0.0.1:${options.port}`;
const link = `${origin}/i/${token}`;
const folder = mkdtempSync(path.join(os.tmpdir(), "viva-copy-check-"));
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL("server.mjs", import.meta.url)), "--dist", "--port", options.port],
  { stdio: ["ignore", "pipe", "inherit"] },
);
await new Promise((resolve) => server.stdout.once("data", resolve));
const context = await chromium.launchPersistentContext(path.join(folder, "profile"), {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
  ],
  permissions: ["camera", "microphone"],
  viewport: { width: Number(options.width), height: 820 },
});
const figures = {};
try {
  await check();
  console.log(JSON.stringify(figures));
} finally {
  await context.close();
  server.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function check() {
  let page = await open();
  await toRecording(page);
  await page.waitForTimeout(20_000);
  await picture(page, "recording");
  await page.evaluate(() => window.vivaDropMedia(4000));
  await page.waitForTimeout(2000);
  await picture(page, "outage");
  await page.waitForTimeout(16_000);

  const beforeReload = await kept(page);
  await page.reload();
  await page.waitForFunction(() => document.body.dataset.screen === "record");
  figures.reload_to_copy_ms = await untilCopy(page, beforeReload.copies.length + 1);
  await page.waitForTimeout(8000);

  const beforeCrash = await kept(page);
  const [crashedAt, crashedTime] = [performance.now(), Date.now()];
  await crash(page);
  await connected(false);
  page = await open();
  await page.waitForFunction(() => document.body.dataset.screen === "record");
  figures.crash_to_recording_screen_ms = Math.round(performance.now() - crashedAt);
  await untilCopy(page, beforeCrash.copies.length + 1);
  figures.crash_to_copy_ms = Math.round(performance.now() - crashedAt);
  const afterCrash = await kept(page);
  const survivors = afterCrash.chunks.filter((chunk) => chunk.copy === beforeCrash.copies.at(-1).copy);
  const known = beforeCrash.chunks.filter((chunk) => chunk.copy === survivors[0].copy);
  const last = afterCrash.copies.find((copy) => copy.copy === survivors[0].copy);
  figures.not_kept_before_crash_ms = crashedTime - last.started - Math.round(survivors.at(-1).to);
  assert.ok(survivors.length >= known.length, "a crash took away what was on the disk");
  await page.waitForTimeout(8000);

  // Nothing goes up beside the recording.
  assert.deepEqual(await received(), {});
  const whole = await kept(page);
  await page.getByTestId("record-stop").click();
  await page.getByTestId("adding").waitFor();
  await picture(page, "adding");
  const { missing } = take(await view());
  assert.equal(missing.length, 3, "an outage, a reload and a crash");
  await page.getByTestId("adding").waitFor({ state: "detached" });
  await picture(page, "added");
  checkSent(whole, missing, Object.values(await received())[0]);
  await page.waitForTimeout(500);
  assert.equal((await kept(page)).chunks.length, 0, "a whole take needs no copy");
}

/** Compares what arrived with what the browser had, and plays it. */
function checkSent(whole, missing, places) {
  assert.equal(places.filter((place) => place.last).length, 1);
  const { started_at } = whole.take;
  const wanted = whole.chunks.filter((chunk) => {
    const shift = whole.copies.find((copy) => copy.copy === chunk.copy).started - started_at;
    return missing.some((span) => chunk.to + shift >= span.start_ms && chunk.from + shift <= span.end_ms);
  });
  const sent = new Set(places.map((place) => place.n));
  for (const chunk of wanted) assert.ok(sent.has(chunk.n), `chunk ${chunk.n} holds lost seconds`);
  const bytes = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  figures.missing_ms = missing.map((span) => span.end_ms - span.start_ms);
  figures.kept = { copies: whole.copies.length, chunks: whole.chunks.length, bytes: bytes(whole.chunks) };
  const sizes = places.map((place) => ({ length: place.bytes.data.length }));
  figures.sent = { chunks: places.length, bytes: bytes(sizes) };
  figures.played = whole.copies.map(({ copy }) => {
    const own = places.filter((place) => place.copy === copy).sort((a, b) => a.offset - b.offset);
    const file = path.join(folder, `${copy}.webm`);
    writeFileSync(file, Buffer.concat(own.map((place) => Buffer.from(place.bytes.data))));
    return played(file);
  });
  for (const { picture, sound } of figures.played)
    assert.ok(picture > 0 && sound > 0, "a copy does not play");
}

/** Decodes a file to its end; counts pictures and sound packets. */
function played(file) {
  execFileSync("ffmpeg", ["-v", "error", "-i", file, "-f", "null", "-"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const count = (stream) => {
    const text = execFileSync("ffprobe", [
      ...["-v", "error", "-count_packets", "-select_streams", stream],
      ...["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", file],
    ]);
    return Number(text.toString().trim());
  };
  return { picture: count("v:0"), sound: count("a:0") };
}

async function open() {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(link);
  return page;
}

async function toRecording(page) {
  const press = (id) => page.getByTestId(id).click();
  await press("start");
  for (const choice of await page.locator('[data-testid$="-yes"]').all()) await choice.check();
  await press("consent-continue");
  await press("check-continue");
  await press("question-open");
  await press("think-start");
  await page.waitForFunction(() => document.body.dataset.screen === "record");
}

/** Kills the process that renders the page, as a browser out of memory does. */
async function crash(page) {
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  session.send("Page.crash").catch(() => undefined);
  await crashed;
  await page.close();
}

/** What lies in IndexedDB now. */
async function kept(page) {
  const stored = await page.evaluate(async () => {
    const of = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await of(indexedDB.open("viva-copy"));
    const transaction = database.transaction(["copies", "chunks"]);
    const copies = of(transaction.objectStore("copies").getAll());
    const chunks = of(transaction.objectStore("chunks").getAll());
    const all = { copies: await copies, chunks: await chunks };
    database.close();
    return all;
  });
  assert.ok(!JSON.stringify(stored).includes(token), "the token is in the store");
  return { ...stored, take: take(await view()) };
}

async function untilCopy(page, copies) {
  const from = performance.now();
  for (let tries = 0; tries < 200; tries++) {
    const now = await kept(page);
    const last = now.copies.at(-1)?.copy;
    if (now.copies.length >= copies && now.chunks.some((chunk) => chunk.copy === last)) break;
    await page.waitForTimeout(50);
  }
  return Math.round(performance.now() - from);
}

async function view() {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${origin}/api/v1/candidate/interview`, { headers })).json();
}

function take(view) {
  return view.questions[0].takes[0];
}

async function received() {
  return (await fetch(`${origin}/dev/copies/${token}`)).json();
}

function connected(now) {
  return fetch(`${origin}/dev/connected`, {
    method: "POST",
    body: JSON.stringify({ token, connected: now }),
  });
}

async function picture(page, name) {
  if (!options.screenshots) return;
  mkdirSync(options.screenshots, { recursive: true });
  const file = `${options.locale}-${options.width}-${name}.png`;
  await page.screenshot({ path: path.join(options.screenshots, file), fullPage: true });
}
