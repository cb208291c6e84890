// The pages of the service in a real browser, if the machine has Chromium.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { freePort, startServiceProcess, untilReady } from '@watchbill/testkit';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

const TOKEN = 'operator-secret-of-the-page-0123456789abcdef';
const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}; install the Debian package chromium`;
if (skip !== false) console.log(`page: skipped, ${skip}`);

test('the console and the page of the API work in a browser, and ask nothing of another host', {
  skip,
}, async (context) => {
  const dir = leaveNothing('page');
  const service = await startServiceProcess({
    dir,
    port: await freePort(),
    store: { kind: 'sqlite' },
    operatorToken: TOKEN,
  });
  context.after(() => service.kill());
  await untilReady(service);
  const { page, requested, complaints } = await watchedPage(context);
  await page.goto(`${service.url}/console/login`);
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Signed in as operator').waitFor();
  assert.equal(await page.title(), '0 keys · Watchbill');
  assert.ok(!(await page.content()).includes(TOKEN), 'the page holds the token');
  await page.getByRole('link', { name: 'API' }).click();
  await page.locator('.opblock').first().waitFor();
  const operations = await page.locator('.opblock-summary-path').count();
  assert.ok(operations > 0);
  const elsewhere = requested.filter(
    (url) => !url.startsWith('data:') && new URL(url).origin !== service.url,
  );
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
  console.log(`page: console and API page shown, ${operations} operations, ${requested.length} requests`);
});
