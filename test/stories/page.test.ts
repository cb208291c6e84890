// The pages of the service in a real browser, if the machine has Chromium.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { watchedPage } from '../browser/browser.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { freePort, startServiceProcess, untilReady } from '../support/service-process.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}; install the Debian package chromium`;
if (skip !== false) console.log(`page: skipped, ${skip}`);

test('the index and the page of the API work in a browser, and ask nothing of another host', {
  skip,
}, async (context) => {
  const dir = leaveNothing('page');
  const service = await startServiceProcess({ dir, port: await freePort(), store: { kind: 'memory' } });
  context.after(() => service.kill());
  await untilReady(service);
  const { page, requested, complaints } = await watchedPage(context);
  await page.goto(service.url);
  assert.equal(await page.title(), 'Watchbill permission service');
  await page.getByText('/docs').click();
  await page.locator('.opblock').first().waitFor();
  const operations = await page.locator('.opblock-summary-path').count();
  assert.ok(operations > 0);
  const elsewhere = requested.filter(
    (url) => !url.startsWith('data:') && new URL(url).origin !== service.url,
  );
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
  console.log(`page: index and API page shown, ${operations} operations, ${requested.length} requests`);
});
