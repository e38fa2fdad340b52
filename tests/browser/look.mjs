// Looks at a page as people do who differ in language, theme and device: axe-core on each, nothing may lie beyond the
// edge of a narrow phone, and a picture where a folder is given.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SIZES = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1280, height: 800 },
};
/** WCAG 2.2, 1.4.10: content reflows at 320 px. */
const NARROWEST = { width: 320, height: 640 };

const every = (...lists) =>
  lists.reduce((rows, list) => rows.flatMap((row) => list.map((each) => [...row, each])), [[]]);
const ALL = every(['en', 'zh'], ['light', 'dark'], Object.keys(SIZES));
/** Each language, theme and size once, for a test that should not take minutes. */
const FEW = [
  ['en', 'light', 'desktop'],
  ['zh', 'dark', 'phone'],
];

export class Looker {
  screens = new Set();
  looks = 0;
  violations = [];
  overflows = [];

  /** `pictures` is a folder, or undefined for none. */
  constructor(pictures) {
    this.pictures = pictures;
    this.combinations = pictures === undefined ? FEW : ALL;
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  }

  /** `open` shows what has to be shown again after a change of language, `close` what hides the language button. */
  async at(page, name, { speak = speakAsCandidate, open = nothing, close = nothing } = {}) {
    const number = String(this.screens.size + 1).padStart(2, '0');
    this.screens.add(name);
    for (const [locale, theme, size] of this.combinations) {
      await close();
      await speak(page, locale);
      await open();
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await resize(page, SIZES[size]);
      const seen = { screen: name, locale, theme, size };
      for (const found of await examine(page)) {
        this.violations.push({ ...seen, ...found });
        console.error(JSON.stringify({ ...seen, ...found }));
      }
      this.looks++;
      if (this.pictures !== undefined) {
        const file = `${number}-${name}-${size}-${locale}-${theme}.png`;
        await page.screenshot({ path: path.join(this.pictures, file), fullPage: true });
      }
      if (size !== 'phone') continue;
      await resize(page, NARROWEST);
      const beyond = await page.evaluate(beyondTheEdge);
      if (beyond.length > 0) this.overflows.push({ ...seen, beyond });
    }
    await close();
    await resize(page, SIZES.desktop);
    console.log(JSON.stringify({ step: 'looked', screen: name }));
  }

  get result() {
    const { looks, violations, overflows } = this;
    return { screens: [...this.screens], looks, violations, overflows };
  }
}

async function nothing() {}

async function resize(page, size) {
  await page.setViewportSize(size);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function speakAsCandidate(page, locale) {
  const lang = locale === 'zh' ? 'zh-CN' : 'en-GB';
  if ((await page.evaluate(() => document.documentElement.lang)) === lang) return;
  await page.getByTestId(`language-${locale}`).click();
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
}

/** The pages of HR have one button that changes to the other language. */
export async function speakAsReader(page, locale) {
  const lang = locale === 'zh' ? 'zh-CN' : 'en-GB';
  if ((await page.evaluate(() => document.documentElement.lang)) === lang) return;
  await page.getByTestId('language').click();
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
}

async function examine(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, help, nodes }) => ({
    rule: id,
    help,
    nodes: nodes.slice(0, 5).map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
  }));
}

/** Runs in the page: what sticks out on the right. */
function beyondTheEdge() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1);
  return wide.slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className}`);
}
