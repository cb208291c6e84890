import assert from 'node:assert/strict';
import test from 'node:test';
import { freePort, startServiceProcess, temporaryFolder, untilReady } from '@watchbill/testkit';
import { followed, watchedPage } from '@watchbill/testkit/browser/browser';
import { setUpKey } from '@watchbill/testkit/service/ledger-setup';
import type { Page } from 'playwright-core';

const KEY = `0x${'5a'.repeat(32)}`;

test('two operators who freeze or lift at once, and one whose page was left open', async (t) => {
  const { dir, remove } = await temporaryFolder('two-operators');
  const service = await startServiceProcess({ dir, port: await freePort(), store: { kind: 'sqlite' } });
  t.after(() => service.kill().then(remove));
  await untilReady(service);
  await setUpKey(service, { key: KEY, nodes: ['alpha', 'bravo'] });
  const names = ['ada', 'eve'] as const;
  const pages: Page[] = [];
  for (const name of names) {
    const made = await service.admin('POST', '/v1/tokens', { role: 'operator', name });
    const { secret } = made as { secret: string };
    const { page } = await watchedPage(t);
    await page.goto(`${service.url}/console/login`);
    await page.getByLabel('Token').fill(secret);
    await followed(page, page.getByRole('button'));
    pages.push(page);
  }
  const filled = async (page: Page, reason: string) => {
    await page.goto(`${service.url}/console/5a5a5a/freeze`);
    await page.getByLabel('Why').fill(reason);
    await page.getByLabel('The last six digits of the key').fill('5a5a5a');
  };
  const sent = async (page: Page) => {
    await followed(page, page.getByRole('button'));
    return (await page.locator('main').textContent()) ?? '';
  };
  const atOnce = async (won: RegExp, lost: string, state: RegExp) => {
    for (const [at, page] of pages.entries()) await filled(page, `as ${names[at]} saw`);
    const texts = await Promise.all(pages.map(sent));
    const first = texts.findIndex((text) => won.test(text));
    const by = names[first];
    assert.match(
      texts[1 - first] ?? '',
      new RegExp(`${lost}, by ${by} at 20[-0-9]+T[0-9:]+Z: as ${by} saw\\.`),
    );
    for (const text of texts) assert.match(text, state, 'a page shows another state');
  };
  await atOnce(
    /The key is frozen, by/,
    'The key was frozen already',
    /frozen\W+by (ada|eve), because: as \1 saw/i,
  );
  await atOnce(/The freeze is lifted: as/, 'Not changed: the freeze was lifted already', /granting/);
  const change = (path: string, reason: string) => service.admin('POST', path, { key: KEY, reason });
  const [page = assert.fail()] = pages;
  await filled(page, 'first').then(() => sent(page));
  await filled(page, 'the first cause is gone');
  await change('/v1/freezes/lift', 'gone');
  await change('/v1/freezes', 'second');
  assert.match(await sent(page), /because: second.*Not changed: the key was frozen again after/s);
});
