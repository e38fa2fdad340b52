// How soon the first page is there on a slow phone: Chromium with its processor held back to a quarter, and the network
// that Lighthouse calls slow 4G (150 ms round trip, 1.6 Mbit/s down, 0.75 Mbit/s up), nothing cached. Prints one JSON line.
//
//   node budget.mjs '{"link":"…","runs":5}'
//
// Times are milliseconds from the start of the navigation: first and largest contentful paint, the moment when the button
// is there and no long task is left, and how long tasks held up what is longer than 50 ms of each (total blocking time).
import { chromium } from 'playwright-core';

const { link, runs } = JSON.parse(process.argv[2]);
const SLOW_4G = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6e6 / 8) | 0,
  uploadThroughput: (0.75e6 / 8) | 0,
};
const CPU_SLOWDOWN = 4;
/** No long task for so long: it will stay so. */
const QUIET_MS = 1_500;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  const measured = [];
  for (let run = 0; run < runs; run++) measured.push(await measure());
  measured.sort((a, b) => a.interactive - b.interactive);
  console.log(JSON.stringify({ median: measured[Math.floor(runs / 2)], worst: measured.at(-1) }));
} finally {
  await browser.close();
}

async function measure() {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  await page.addInitScript(watch);
  let bytes = 0;
  let requests = 0;
  page.on('requestfinished', async (request) => {
    requests++;
    const { responseBodySize, responseHeadersSize } = await request.sizes();
    bytes += responseBodySize + responseHeadersSize;
  });
  await page.goto(link, { waitUntil: 'load' });
  await page.getByTestId('start').waitFor();
  await page.waitForFunction((quiet) => performance.now() - Math.max(window.seen.start, window.seen.busyUntil) > quiet, QUIET_MS);
  const seen = await page.evaluate(() => window.seen);
  const times = Object.fromEntries(Object.entries(seen).map(([name, ms]) => [name, Math.round(ms)]));
  const { fcp, lcp, start, busyUntil, tbt } = times;
  const found = { fcp, lcp, interactive: Math.max(fcp, start, busyUntil), tbt, bytes, requests };
  await context.close();
  return found;
}

// Runs in the page, before it.
function watch() {
  const LONG_MS = 50;
  window.seen = { fcp: 0, lcp: 0, start: 0, busyUntil: 0, tbt: 0 };
  const observe = (type, each) =>
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) each(entry);
    }).observe({ type, buffered: true });
  observe('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') window.seen.fcp = startTime;
  });
  observe('largest-contentful-paint', ({ startTime }) => {
    window.seen.lcp = startTime;
  });
  observe('longtask', ({ startTime, duration }) => {
    window.seen.busyUntil = startTime + duration;
    window.seen.tbt += duration - LONG_MS;
  });
  const look = new MutationObserver(() => {
    const button = document.querySelector('[data-testid=start]');
    if (button === null || button.disabled) return;
    look.disconnect();
    // The frame in which it can be pressed.
    requestAnimationFrame(() => {
      window.seen.start = performance.now();
    });
  });
  look.observe(document, { childList: true, subtree: true });
}
