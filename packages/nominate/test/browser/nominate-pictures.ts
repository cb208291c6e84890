// Makes pictures of the pages of an invented programme, in Chromium, at three widths, light and dark:
//
//   npm run pictures:nominate -- [--out pictures] [--docs]
//
// `--docs` replaces the pictures of the documentation, too.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { programmeSite } from '@watchbill/testkit/browser/nominate-site';
import { docs, LOOK, take, takeAll } from '@watchbill/testkit/browser/pictures';
import { ROOT } from '@watchbill/testkit/pages/page-run';

const options = {
  out: { type: 'string', default: join(ROOT, 'pictures') },
  docs: { type: 'boolean' },
} as const;
const { values } = parseArgs({ options });
const WIDE = { ...LOOK, height: 1_000 };
const PHONE = { ...LOOK, width: 375, height: 760 };

const stops: (() => Promise<void>)[] = [];
const after = (stop: unknown): number => stops.push(stop as () => Promise<void>);
try {
  const site = await programmeSite({ after } as never);
  const { page } = await watchedPage({ after } as never);
  const why = site.filled.standings.find(({ results }) =>
    results.some(({ id, outcome }) => id === 'self-stake' && outcome === 'fail'),
  );
  const pictures = [
    ['overview', '', WIDE],
    ['why', `/candidates/${why?.stash}`, WIDE],
    ['candidates', '/candidates', { ...PHONE, colorScheme: 'dark' }],
    ['nominators', '/nominators', PHONE],
  ] as const;
  for (const [name, path, look] of pictures) {
    const url = `${site.url}/status${path}`;
    await takeAll(page, url, values.out, `nominate-${name}`);
    if (values.docs === true) await take(page, url, docs(`nominate-${name}`), look);
  }
} finally {
  for (const stop of stops.reverse()) await stop();
}
