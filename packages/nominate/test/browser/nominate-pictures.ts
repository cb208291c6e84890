// Makes the pictures of the pages for the docs, from an invented programme:
//
//   node_modules/.bin/node packages/nominate/test/browser/nominate-pictures.ts

import { watchedPage } from '@watchbill/testkit/browser/browser';
import { programmeSite } from '@watchbill/testkit/browser/nominate-site';
import { docs, LOOK, take } from '@watchbill/testkit/browser/pictures';

const WIDE = { ...LOOK, height: 1_000 };
const PHONE = { ...LOOK, width: 375, height: 760 };

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
  const pictures = [
    ['overview', '', WIDE],
    ['why', `/candidates/${why?.stash}`, WIDE],
    ['candidates', '/candidates', { ...PHONE, colorScheme: 'dark' }],
    ['nominators', '/nominators', PHONE],
  ] as const;
  for (const [name, path, look] of pictures)
    await take(page, `${site.url}/status${path}`, docs(`nominate-${name}`), look);
} finally {
  for (const stop of stops.reverse()) await stop();
}
