import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeService } from '@watchbill/duty/console/testing/fake-host';
import { inventedTally } from '@watchbill/duty/console/testing/invented';
import { barriers, SIZES } from '@watchbill/testkit/browser/axe';
import { watchedPage } from '@watchbill/testkit/browser/browser';

const PATHS = ['/console/5ac67d', '/console/5ac67d/freeze', '/'];
const OPERATOR = 'operator-secret-of-the-pages-0123456789';

for (const colorScheme of ['light', 'dark'] as const)
  test(`the ${colorScheme} pages of a key have no barrier, fit a phone, and work without script`, async (context) => {
    const service = await fakeService(context, { tally: inventedTally(Date.now()) });
    service.tokens.set(OPERATOR, { role: 'operator', name: 'ada' });
    const { page, requested, complaints } = await watchedPage(context, { colorScheme });
    await page.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR}` });
    for (const path of PATHS)
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await page.goto(service.url + path);
        assert.deepEqual(await barriers(page), [], path);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= size.width, `${path} is ${width} px wide on ${size.width} px`);
        const drawn = page.locator('.axis svg, .pair');
        assert.ok(await drawn.evaluateAll((all) => all.every((one) => one.clientWidth > 200)), 'short axis');
      }
    await page.goto(service.url + (PATHS[0] ?? ''));
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('td[data-label="missed"]').first().isVisible());
    for (const url of requested) assert.equal(new URL(url).origin, service.url);
    const plain = await watchedPage(context, { colorScheme, javaScriptEnabled: false });
    await plain.page.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR}` });
    await plain.page.goto(service.url + (PATHS[1] ?? ''));
    await plain.page.getByLabel('Why').fill('a copy of the disk');
    await plain.page.getByLabel('The last six digits of the key').fill('5ac67d');
    await plain.page.keyboard.press('Enter');
    await plain.page.getByText('The key was frozen already').waitFor();
    assert.deepEqual([...complaints, ...plain.complaints], []);
  });

test('a page that is open when its token is revoked leads to the sign-in', async (context) => {
  const service = await fakeService(context);
  service.tokens.set(OPERATOR, { role: 'operator', name: 'ada' });
  const { page } = await watchedPage(context);
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR}` });
  await page.goto(service.url);
  service.tokens.delete(OPERATOR);
  await page.getByText('The token is not known').waitFor();
});

test('a page whose service does not answer says so until it answers again', async (context) => {
  const service = await fakeService(context);
  service.tokens.set(OPERATOR, { role: 'operator', name: 'ada' });
  const { page } = await watchedPage(context);
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR}` });
  await page.goto(service.url);
  const stale = page.locator('main[data-stale]');
  for (const count of [1, 0]) {
    if (count === 1) await page.route('**/*', (route) => route.abort());
    else await page.unrouteAll();
    while ((await stale.count()) !== count) {
      service.decide();
      await page.waitForTimeout(50);
    }
  }
});
