// Makes the pictures of the pages for the docs, from an invented programme:
//
//   node_modules/.bin/node packages/nominate/test/browser/nominate-pictures.ts

import { join } from 'node:path';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { programmeSite } from '@watchbill/testkit/browser/nominate-site';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import type { Page } from 'playwright-core';

const FOLDER = join(ROOT, 'docs', 'images');
const WIDE = { width: 1_000, height: 1_000 };
const PHONE = { width: 375, height: 760 };

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly size: typeof WIDE;
  readonly colorScheme: 'light' | 'dark';
}

const stops: (() => Promise<void>)[] = [];
const after = (stop: unknown): void => {
  stops.push(stop as () => Promise<void>);
};
try {
  const site = await programmeSite({ after });
  const { page } = await watchedPage({ after });
  const why = site.filled.standings.find(({ results }) =>
    results.some(({ id, outcome }) => id === 'self-stake' && outcome === 'fail'),
  );
  const pictures: readonly Picture[] = [
    { name: 'nominate-overview', path: '/status', size: WIDE, colorScheme: 'light' },
    { name: 'nominate-why', path: `/status/candidates/${why?.stash}`, size: WIDE, colorScheme: 'light' },
    { name: 'nominate-candidates', path: '/status/candidates', size: PHONE, colorScheme: 'dark' },
    { name: 'nominate-nominators', path: '/status/nominators', size: PHONE, colorScheme: 'light' },
  ];
  for (const picture of pictures) await take(page, site.url, picture);
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function take(page: Page, url: string, { name, path, size, colorScheme }: Picture): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
  await page.goto(`${url}${path}`);
  const file = join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  process.stdout.write(`${file}\n`);
}
