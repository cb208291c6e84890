import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { barriers, SIZES } from '@watchbill/testkit/browser/axe';
import { followed, watchedPage } from '@watchbill/testkit/browser/browser';
import type { Page } from 'playwright-core';
import { demoProcess } from './demo-process.ts';

/** Granted units. On a busy machine others are refused, because a node asked too late. */
const CELLS = '.strip a:is(.a, .b)';

/** Opens the console of a running demo once its strips have cells. */
async function opened(context: TestContext, options: Parameters<typeof watchedPage>[1] = {}) {
  const demo = await demoProcess(context);
  const watched = await watchedPage(context, options);
  const { page } = watched;
  await page.goto(demo.url);
  while ((await page.locator(CELLS).count()) < 10) await page.reload();
  return { demo, ...watched };
}

/** The key with a standby. Worse ones come first. */
const ALPHA = '.key:has(h2 code:text-is("alpha"))';

/** The sentence of that key, once it fits: on a busy machine a node reports late, and is not active. */
function sentence(page: Page, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  const ask = async () => {
    text = (await page.locator(`${ALPHA} .state`).textContent()) ?? '';
    return pattern.exec(text) ?? undefined;
  };
  return waitFor(`the sentence ${pattern}`, ask, { timeoutMs: 180_000, detail: () => text });
}

test('the console follows a demo: one sentence per key, strips that move, cells that open', async (context) => {
  const { page, demo, requested, complaints } = await opened(context);
  assert.equal(await page.locator('section.key').count(), 5);
  assert.match(await page.title(), /^5 keys: [^·]*granting[^·]* · Watchbill$/);
  await sentence(page, /^granting; alpha-[12] active for \d+ (second|minute)s?; standby alpha-[12]/);
  const newest = () => page.locator(`${ALPHA} .strip`).first().locator('a').last().getAttribute('href');
  const before = await newest();
  await page.locator(`${ALPHA} .strip:first-of-type a:last-of-type:not([href="${before}"])`).waitFor();
  const granted = page.locator(`${ALPHA} .strip a + a:is(.a, .b)`).first();
  await granted.locator('xpath=preceding-sibling::a[1]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.locator('.panel h2').waitFor();
  assert.match(
    (await page.locator(`${ALPHA} .panel`).textContent()) ?? '',
    /outcomegranted \(new\)nodealpha-[12]/,
  );
  assert.ok(page.url() === `${demo.url}/`, 'the page was left');
  for (const url of requested) assert.equal(new URL(url).origin, demo.url, 'a request left the service');
  assert.deepEqual(complaints, []);
});

test('a killed node shows in the strip: its standby signs the next units', async (context) => {
  const { page, demo } = await opened(context);
  // Without a standby that is ready, the killed node may be back before the other one.
  const [, active = ''] = await sentence(
    page,
    /granting; (alpha-[12]) active[^;]*; standby alpha-[12] ready/,
  );
  const other = active === 'alpha-1' ? 'alpha-2' : 'alpha-1';
  process.kill(demo.pidOf(active), 'SIGKILL');
  await page.getByText(new RegExp(`granting; ${other} active`)).waitFor();
  const sign = other === 'alpha-1' ? 'a' : 'b';
  await page.locator(`${ALPHA} .strip a.${sign}:last-of-type`).first().waitFor();
});

test('a press of a quarter of a second opens each of 30 cells while the strips move', async (context) => {
  const { page } = await opened(context);
  const cells = page.locator(`${ALPHA} .strip a`);
  for (let at = 0; at < 30; at++) {
    await page.evaluate("for (const panel of document.querySelectorAll('.panel')) panel.replaceChildren()");
    await cells.nth(at % 8).click({ delay: 250 });
    await page.locator(`${ALPHA} .panel h2`).waitFor();
  }
  assert.notEqual(await page.getAttribute('main', 'data-refreshed'), null, 'the page did not change');
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
        for (const header of await page.locator('th').all())
          assert.ok(((await header.boundingBox())?.height ?? 0) < 45, (await header.textContent()) ?? '');
      }
    }
  });
}
