// The site is built from docs/, and then read as files, by the index of its search, and in a browser. Nothing
// of it comes from another host.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createServer, type ServedPermit } from '@watchbill/duty/service';
import { createLogger } from '@watchbill/kit/log';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = join(leaveNothing('site'), 'help');
const BASE = '/help/';
const MEGABYTE = 1_000_000;

/** What people type, and the page that answers it. */
const QUERIES: Readonly<Record<string, string>> = {
  'session-lost': 'duty/reference/reasons.html#session-lost',
  'store-behind': 'duty/reference/reasons.html#store-behind',
  'unit-taken': 'duty/reference/reasons.html#unit-taken',
  'not-adopted': 'duty/reference/reasons.html#not-adopted',
  WatchbillStoreBehind: 'reference/alerts.html#watchbillstorebehind',
  'freeze a key': 'duty/how-to/freeze.html',
  adopt: 'duty/how-to/adopt.html',
  doctor: 'guard/how-to/doctor.html',
  console: 'duty/how-to/console.html',
  etcd: 'duty/how-to/etcd.html',
  'wrong clock': 'duty/how-to/recover/clock-wrong.html',
  'lost disk': 'duty/how-to/recover/lost-disk.html',
  'quorum lost': 'duty/how-to/recover/lost-quorum.html',
  'certificate expired': 'duty/how-to/tls.html',
  'restore backup': 'duty/how-to/recover/store-restored.html',
  tls: 'duty/how-to/tls.html',
  metrics: 'reference/metrics.html',
  'missed vote': 'duty/how-to/monitor.html#why-a-slot-or-vote-was-missed',
  'upgrade services': 'duty/how-to/upgrade.html',
  guard: 'guard/how-to/guard.html',
  'which level': 'start/which-level.html',
  'never do this': 'start/never-do-this.html',
  'who audits it': 'start/faq.html',
  keepalived: 'start/coming-from.html',
  'cold spare': 'start/coming-from.html',
  "Polkadot's own docs": 'start/beside-polkadot.html',
  'first week': 'start/first-week.html',
  TiKV: 'duty/how-to/etcd.html',
  'gate seal keys': 'duty/how-to/add-the-gate-to-your-node.html',
  disaster: 'duty/how-to/when-it-burns.html#after-a-disaster',
  'Polkadot Vault': 'nominate/how-to/nominate-local.html#with-polkadot-vault',
  'secrets on machines': 'fleet/how-to/session-keys.html#keep-secrets-on-machines',
  'jump host': 'fleet/how-to/access-nodes.html#log-in-through-the-jump-host',
  'new members of a group': 'coordinate/how-to/coordinate.html#a-new-group-with-other-members',
};

const run = (...args: readonly string[]) =>
  execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: MEGABYTE });
const filesOf = (pattern: string) => globSync(pattern, { cwd: OUT }).sort();
const textOf = (file: string) => readFileSync(join(OUT, file), 'utf8');

before(() => {
  run('scripts/site.mjs', '--out', OUT);
});

test('each query finds its page first', () => {
  const lines = run('scripts/site/find.mjs', OUT, ...Object.keys(QUERIES))
    .trim()
    .split('\n');
  const wrong = Object.entries(QUERIES).flatMap(([query, page], at) => {
    const [first = ''] = JSON.parse(lines[at] ?? '[]');
    return first.startsWith(`${BASE}${page}`) ? [] : [`${query}: ${first}, not ${page}`];
  });
  assert.deepEqual(wrong, []);
});

test('every link leads to a page, and to a place of it', () => {
  const pages = filesOf('**/*.html');
  const places = new Map(pages.map((page) => [page, placesOf(textOf(page))]));
  const broken = pages.flatMap((page) => linksOf(page).filter((link) => !leads(link, places)));
  assert.ok(pages.length > 200);
  assert.deepEqual(broken, []);
});

test('no page asks another host for anything, and none has a script inside', () => {
  const wrong = filesOf('**/*.{html,css}').flatMap((file) =>
    [
      ...textOf(file).matchAll(
        /(?:\bsrc=|<link[^>]*href=|url\(|@import )["']?(?:https?:)?\/\/|<script(?![^>]*src=)/g,
      ),
    ].map(([text]) => `${file}: ${text}`),
  );
  assert.deepEqual(wrong, []);
});

test('the folder is small', () => {
  const sizes = filesOf('**/*.*').map((file) => statSync(join(OUT, file)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 16 * MEGABYTE);
});

for (const width of [390, 1_000, 1_280])
  test(`the search opens, finds a reason and shows it, ${width} wide`, async (context) => {
    const url = await served(context);
    const { page, requested, complaints } = await watchedPage(context, { colorScheme: 'dark' });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${url}words.html`);
    await page.locator('html.dark').waitFor();
    assert.ok(await page.evaluate('document.querySelector(".VPNavBar").scrollWidth <= innerWidth'), 'fits');
    await page.locator('.DocSearch-Button').click();
    await page.locator('.search-input').fill('session-lost');
    await page.locator('.result').first().click();
    await page.locator('td#session-lost').waitFor();
    assert.match(page.url(), /reasons\.html#session-lost$/);
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      requested.filter((address) => !address.startsWith(url)),
      [],
    );
  });

test('the pages can be read and followed without script', async (context) => {
  const url = await served(context);
  const { page } = await watchedPage(context, { javaScriptEnabled: false });
  await page.goto(url);
  await page.getByRole('link', { name: 'Freeze a key' }).first().click();
  assert.match((await page.locator('h1').textContent()) ?? '', /How to freeze a key/);
});

/** The anchors of a page. */
function placesOf(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id));
}

/** Links of a page within the site, each with the page first. */
function linksOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/<a\s[^>]*href="([^"]+)"/g)]
    .map(([, href = '']) => new URL(href.replaceAll('&amp;', '&'), `http://site${BASE}${page}`))
    .filter(({ host }) => host === 'site')
    .map(({ pathname, hash }) => `${pathname}${decodeURIComponent(hash)}`);
}

function leads(link: string, places: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [path = '', anchor] = link.slice(BASE.length).split('#');
  const found = places.get(/(^|\/)$/.test(path) ? `${path}index.html` : path);
  return link.startsWith(BASE) && found !== undefined && (!anchor || found.has(anchor));
}

/** The address of the pages of a service, which needs nothing else of it. */
async function served(context: Pick<TestContext, 'after'>): Promise<string> {
  const listen = { kind: 'tcp', port: 0 } as const;
  const help = pathToFileURL(`${OUT}/`);
  const logger = createLogger({ level: 'silent' });
  const server = await createServer({} as ServedPermit, { listen, version: '0.0.0', help, logger });
  context.after(() => server.close(0));
  return `${server.url}${BASE}`;
}
