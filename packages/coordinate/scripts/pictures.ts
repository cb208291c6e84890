// Makes pictures of the page of a member in a real group, in Chromium, at three widths, light and dark:
//
//   npm run pictures:member -- [--out pictures] [--docs]
//
// `--docs` replaces the picture of the documentation, too.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { docs, LOOK, take, takeAll } from '@watchbill/testkit/browser/pictures';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { memberPage } from '../test/browser/member-page.ts';

const options = {
  out: { type: 'string', default: join(ROOT, 'pictures') },
  docs: { type: 'boolean' },
} as const;
const { values } = parseArgs({ options });
const ends: (() => Promise<void>)[] = [];
const after = (end: unknown): number => ends.push(end as () => Promise<void>);
try {
  const url = await memberPage({ after });
  const { page } = await watchedPage({ after } as never);
  await takeAll(page, url, values.out, 'coordinate');
  if (values.docs === true) await take(page, url, docs('coordinate-page'), LOOK);
} finally {
  for (const end of ends.reverse()) await end();
}
