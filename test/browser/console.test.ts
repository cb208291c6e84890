import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { barriers, SIZES } from './axe.ts';
import { followed, watchedPage } from './browser.ts';
import { demoProcess } from './demo-process.ts';

const CELLS = '.strip a';

/** Opens the console of a running demo once its strips have cells. */
async function opened(context: TestContext, options: Parameters<typeof watchedPage>[1] = {}) {
  const demo = await demoProcess(context);
  const watched = await watchedPage(context, options);
  const { page } = watched;
  await page.goto(demo.url);
  while ((await page.locator(CELLS).count()) < 10) await page.reload();
  return { demo, ...watched };
}

test('the console follows a demo: one sentence per key, strips that move, cells that open', async (context) => {
  const { page, demo, requested, complaints } = await opened(context);
  assert.equal(await page.locator('section.key').count(), 5);
  assert.match(
    (await page.locator('.state').first().textContent()) ?? '',
    /^granting; alpha-[12] active for \d+ (second|minute)s?; standby alpha-[12]/,
  );
  const newest = () => page.locator('.strip').first().locator('a').last().getAttribute('href');
  const before = await newest();
  await page
    .locator(`.key:first-of-type .strip:first-of-type a:last-of-type:not([href="${before}"])`)
    .waitFor();
  await page.locator(CELLS).first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.locator('.panel h2').waitFor();
  assert.match(
    (await page.locator('.panel').first().textContent()) ?? '',
    /outcomegranted \(new\)nodealpha-[12]/,
  );
  assert.ok(page.url() === `${demo.url}/`, 'the page was left');
  for (const url of requested) assert.equal(new URL(url).origin, demo.url, 'a request left the service');
  assert.deepEqual(complaints, []);
});

test('a killed node shows in the strip: its standby signs the next units', async (context) => {
  const { page, demo } = await opened(context);
  const sentence = page.locator('.state').first();
  const active = /granting; (alpha-[12]) active/.exec((await sentence.textContent()) ?? '')?.[1] ?? '';
  const other = active === 'alpha-1' ? 'alpha-2' : 'alpha-1';
  process.kill(demo.pidOf(active), 'SIGKILL');
  await page.getByText(new RegExp(`granting; ${other} active`)).waitFor();
  const sign = other === 'alpha-1' ? 'a' : 'b';
  await page.locator(`.key:first-of-type .strip a.${sign}:last-of-type`).first().waitFor();
});

test('without script, a cell leads to its page', async (context) => {
  const { page, complaints } = await opened(context, { javaScriptEnabled: false });
  await followed(page, page.locator(CELLS).first());
  assert.match(page.url(), /\/u\/[0-9a-f]{6}\/(babe|grandpa)\//);
  assert.match((await page.locator('main').textContent()) ?? '', /was granted it|entered it/);
  assert.deepEqual(complaints, []);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds no barrier in the ${colorScheme} page, on a phone either`, async (context) => {
    const { page, demo } = await opened(context, { colorScheme });
    for (const path of [
      '/',
      new URL((await page.locator(CELLS).first().getAttribute('href')) ?? '', demo.url).pathname,
      (await page.getByText('Rehearse or hand over').first().getAttribute('href')) ?? '',
      '/console/login',
    ]) {
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await page.goto(demo.url + path);
        assert.deepEqual(await barriers(page), [], path);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= size.width, `${path} is ${width} px wide on ${size.width} px`);
      }
    }
  });
}
