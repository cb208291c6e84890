// The page of a real member of a real group, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { barriers, SIZES } from '@watchbill/testkit/browser/axe';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { memberPage } from './member-page.ts';

leaveNothing('member-page');

const LIMIT = { timeout: 400_000 };
const ends: (() => Promise<void>)[] = [];
let url = '';

before(async () => {
  url = await memberPage({ after: (end) => void ends.push(end) });
}, LIMIT);

after(async () => {
  for (const end of ends) await end();
});

for (const colorScheme of ['light', 'dark'] as const) {
  const javaScriptEnabled = colorScheme === 'light';
  test(
    `the ${colorScheme} page shows each window, fits a phone, and asks no other host`,
    LIMIT,
    async (t) => {
      const { page, requested, complaints } = await watchedPage(t, { colorScheme, javaScriptEnabled });
      await page.goto(url);
      assert.match(
        (await page.locator('h1').textContent()) ?? '',
        /^demo, 4 members: .*next window in \d+ blocks? /,
      );
      for (const look of ['agreed', 'none', 'missed'])
        assert.ok((await page.locator(`.strip .${look}`).count()) > 0, `no cell ${look}`);
      assert.match(
        (await page.locator('.strip .missed').first().getAttribute('aria-label')) ?? '',
        /^window \d+, block \d+0: missed by this member \((interrupted|passed)\); first leader unknown$/,
      );
      assert.equal(await page.locator('tbody tr').count(), await page.locator('.strip a').count());
      await page.locator('.strip a').first().focus();
      if (javaScriptEnabled) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      assert.ok(await page.locator('tr:target').isVisible(), 'Enter opens the row of the window');
      for (const size of SIZES) {
        await page.setViewportSize(size);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= size.width, `the page is ${width} px wide on ${size.width} px`);
      }
      for (const address of requested) assert.equal(new URL(address).origin, url);
      assert.deepEqual(complaints, []);
    },
  );

  test(`axe finds no barrier in the ${colorScheme} page`, LIMIT, async (t) => {
    const { page } = await watchedPage(t, { colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.goto(url);
      assert.deepEqual(await barriers(page), []);
      await page.locator('summary').click();
    }
  });
}

test('the page follows the group by itself', LIMIT, async (t) => {
  const { page } = await watchedPage(t);
  await page.goto(url);
  const newest = await page.locator('.strip a').last().getAttribute('href');
  await page.locator(`.strip a:last-of-type:not([href="${newest}"])`).waitFor();
});
