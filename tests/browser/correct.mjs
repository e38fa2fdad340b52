// A candidate who comes back after sending: opens what was understood, corrects the first sentence, and finds it corrected
// when the page is opened again; then what people see of it in the report. Prints one JSON line per step.
//
//   node correct.mjs '{"link":"…","report":"…","question":"q1","text":"What I really said.","pictures":"DIR"}'
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openBrowser } from './candidate_browser.mjs';

const { link, report, question, text, pictures } = JSON.parse(process.argv[2]);
const browser = await openBrowser();
const errors = [];
try {
  const page = await browser.context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  const sentence = page.getByTestId(`heard-${question}`).locator('li').first();
  const was = await sentence.locator('p').textContent();
  await page.getByTestId('correct-0').click();
  const field = page.getByTestId('correction-text');
  if (!was.includes(await field.inputValue())) throw new Error('the form does not begin with what was understood');
  await field.fill('');
  if (await page.getByTestId('correction-send').isEnabled()) throw new Error('an empty correction could be sent');
  await field.fill(text);
  await picture(page, 'correcting');
  await page.getByTestId('correction-send').click();
  await field.waitFor({ state: 'detached' });
  if (!(await sentence.textContent()).includes(text)) throw new Error('the page does not show the correction');
  await picture(page, 'corrected');
  await page.reload();
  await open(page);
  await page.getByText(text).first().waitFor();
  await page.close();

  const reader = await browser.context.newPage();
  await reader.goto(report);
  // It is made again within seconds.
  const revised = reader.getByTestId('revisions').getByText(text);
  for (let tries = 0; (await revised.count()) === 0; tries++) {
    if (tries === 60) throw new Error('the report does not show the correction');
    await reader.waitForTimeout(1_000);
    await reader.reload();
    await reader.getByTestId('report').waitFor();
  }
  await picture(reader, 'revised');
  console.log(JSON.stringify({ step: 'done', was, errors }));
} catch (error) {
  console.log(JSON.stringify({ step: 'failed', error: String(error.message).slice(0, 500), errors }));
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function open(page) {
  await page.goto(link);
  await page.getByTestId(`heard-${question}`).locator('summary').click();
}

async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}
