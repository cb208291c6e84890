// Makes pictures of each page of the console, in Chromium, at three widths, light and dark:
//
//   npm run pictures -- [--seconds 90] [--out pictures] [--docs]
//
// The first page and a key come from a demo with kills, the other ones from an invented month. `--docs`
// replaces the pictures of the documentation, too.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fakeService } from '@watchbill/duty/console/testing/fake-host';
import { inventedTally } from '@watchbill/duty/console/testing/invented';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { docs, LOOK, take, takeAll } from '@watchbill/testkit/browser/pictures';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import type { Page } from 'playwright-core';
import { demoProcess } from '../test/browser/demo-process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '90' },
    out: { type: 'string', default: join(ROOT, 'pictures') },
    docs: { type: 'boolean', default: false },
  },
});
const OPERATOR = 'operator-secret-of-the-pictures-0123456789';

/** The key of the demo with two nodes. */
const PAIR = 'section.key:has(code:text-is("alpha"))';

const stops: (() => Promise<void>)[] = [];
const after = (stop: unknown): void => {
  stops.push(stop as () => Promise<void>);
};
try {
  mkdirSync(values.out, { recursive: true });
  const demo = await demoProcess({ after }, 'on');
  const service = await fakeService({ after } as never, { tally: inventedTally(Date.now()) });
  service.tokens.set(OPERATOR, { role: 'operator', name: 'ada' });
  const { page } = await watchedPage({ after });
  await takeInvented(page, service.url);
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1_000));
  await page.setExtraHTTPHeaders({});
  await takeAll(page, `${demo.url}/`, values.out, 'console');
  await takeAll(page, new URL(await pathOf(page, PAIR), demo.url).href, values.out, 'key-of-the-demo');
  if (values.docs) await takeDocs(page, `${demo.url}/`);
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function takeInvented(page: Page, url: string): Promise<void> {
  await takeAll(page, `${url}/console/login`, values.out, 'login');
  await page.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR}` });
  await takeAll(page, `${url}/`, values.out, 'one-key');
  const key = new URL(await pathOf(page, 'section.key'), url).href;
  await takeAll(page, key, values.out, 'key');
  await takeAll(page, `${key}/freeze`, values.out, 'freeze');
  await takeAll(page, `${key}/handover?to=bravo`, values.out, 'handover');
  if (values.docs) await take(page, key, docs('console-key'), LOOK);
}

async function takeDocs(page: Page, url: string): Promise<void> {
  await page.setViewportSize({ width: 1_000, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(url);
  await page.locator(PAIR).screenshot({ path: docs('console') });
  await take(page, url, docs('console-phone'), { ...LOOK, width: 390, height: 760, colorScheme: 'dark' });
}

/** The path of the page of a key. */
async function pathOf(page: Page, section: string): Promise<string> {
  return (await page.locator(`${section} h2 a`).first().getAttribute('href')) ?? '';
}
