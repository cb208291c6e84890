import assert from 'node:assert/strict';
import test from 'node:test';
import { followed, type Watched, watchedPage } from '@watchbill/testkit/browser/browser';
import { type ProgrammeSite, programmeSite } from '@watchbill/testkit/browser/nominate-site';
import type { Page } from 'playwright-core';

/** Requirements for every page, after any action on it. */
function assertAtHome({ requested, complaints }: Watched, site: ProgrammeSite): void {
  assert.ok(requested.length > 0);
  for (const url of requested) assert.equal(new URL(url).origin, site.url, 'a request left the service');
  assert.deepEqual(complaints, []);
}

function pathsOf({ filled }: ProgrammeSite): readonly string[] {
  const invalid = filled.standings.find(({ verdict }) => verdict === 'invalid')?.stash;
  const first = filled.standings.find(({ position }) => position === 1)?.stash;
  return [
    '/status',
    '/status/candidates',
    `/status/candidates/${invalid}`,
    `/status/candidates/${first}`,
    '/status/nominators',
    ...Object.values(filled.intents).map((id) => `/status/intents/${id}`),
    '/status/rounds',
    '/status/rounds/newest',
    `/status/rounds/${filled.rounds[0]}`,
    '/status/jobs',
    '/api',
  ];
}

const mainText = async (page: Page) => (await page.locator('main').textContent()) ?? '';

const overflow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

test('the overview tells of round, candidates, nominators and jobs, and leads to each', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(site.url);
  assert.equal(new URL(page.url()).pathname, '/status');
  assert.equal(await page.title(), 'Overview · Example programme');
  const text = await mainText(page);
  for (const part of [
    '2200',
    '150',
    'Round of era 2200',
    'Next in line',
    'announced',
    'held',
    'running',
    'failed',
  ])
    assert.ok(text.includes(part), part);
  assert.equal(await page.locator('progress').getAttribute('value'), '0.65');
  for (const name of ['Candidates', 'Nominators', 'Rounds', 'Service', 'API']) {
    await followed(page, page.getByRole('navigation').getByRole('link', { name }));
    assert.equal(await page.locator('nav a[aria-current]').textContent(), name);
    assert.equal(await page.locator('h1').count(), 1);
  }
  assertAtHome(watched, site);
});

test('a candidate is found by a part of its name, and its page says why, with evidence, age and remedy', async (context) => {
  const site = await programmeSite(context);
  const invalid = site.filled.standings.find(({ results }) =>
    results.some(({ id, outcome }) => id === 'self-stake' && outcome === 'fail'),
  );
  assert.ok(invalid);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${site.url}/status/candidates`);
  await page.getByRole('searchbox').fill(invalid.name.toUpperCase());
  await followed(page, page.getByRole('button', { name: 'Show' }));
  await followed(page, page.getByRole('link', { name: invalid.name, exact: true }));
  const why = page.locator('section.why');
  assert.match(
    (await why.textContent()) ?? '',
    /A check failed: self-stake: [\d.]+ DOT are bonded, at least 10000 DOT/,
  );
  assert.match((await why.textContent()) ?? '', /What to do\s*bond [\d.]+ DOT more/);
  const check = page.locator('.checklist > li').first();
  assert.match((await check.textContent()) ?? '', /fail/);
  await check.locator('summary').click();
  assert.match(
    (await check.locator('dl').textContent()) ?? '',
    /from staking, block 9\u202f000\u202f000, read for the snapshot/,
  );
  assert.ok((await page.locator('.checklist > li').count()) >= 15);
  assertAtHome(watched, site);
});

test('the list is filtered as soon as something is chosen, and goes on page by page', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${site.url}/status/candidates`);
  assert.equal(await page.locator('tbody tr').count(), 50);
  await followed(page, page.getByRole('link', { name: 'next page' }));
  await followed(page, page.getByRole('link', { name: 'next page' }));
  assert.equal(await page.getByRole('link', { name: 'next page' }).count(), 0);
  await followed(page, page.getByRole('link', { name: 'first page' }));
  await page.getByLabel('Verdict').selectOption('undecided');
  await page.waitForURL(/verdict=undecided/);
  const undecided = site.filled.standings.filter(({ verdict }) => verdict === 'undecided');
  assert.equal(await page.locator('tbody tr').count(), undecided.length);
  await page.getByRole('searchbox').fill('nobody has this name');
  await page.getByRole('searchbox').press('Enter');
  await page.getByText('No candidate matches.').waitFor();
  assertAtHome(watched, site);
});

test('nominators show their transactions, and a transaction its way and its journal', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${site.url}/status/nominators`);
  const text = await mainText(page);
  for (const part of [
    '20\u202f000\u202f000 DOT',
    'finalised',
    'announced',
    'failed',
    'waits for a person: the signer did not answer',
  ])
    assert.ok(text.includes(part), part);
  await page.goto(`${site.url}/status/intents/${site.filled.intents.announced}`);
  assert.equal(await page.locator('.path [aria-current]').textContent(), 'announced');
  assert.match(await mainText(page), /the announcement is on chain/);
  await page.goto(`${site.url}/status/intents/${site.filled.intents.failed}`);
  assert.equal(await page.locator('.path [aria-current]').textContent(), 'failed');
  assert.match(await mainText(page), /the call inside it failed: Proxy.NotProxy/);
  assertAtHome(watched, site);
});

test('a round is downloaded from its page, to the byte', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${site.url}/status/rounds/newest`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'record', exact: true }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `record-${site.filled.rounds.at(-1)}.json`);
  const stored = await site.store.rounds.get(site.filled.rounds.at(-1) ?? '');
  const { readFile } = await import('node:fs/promises');
  assert.equal(await readFile(await download.path(), 'utf8'), stored?.record);
});

test('a live page shows what changed, and keeps open what was opened', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.clock.install();
  await page.goto(`${site.url}/status/nominators`);
  await page.locator('details').first().locator('summary').click();
  assert.match(await mainText(page), /changed 6 min ago/);
  site.pass(3 * 60_000);
  await page.clock.runFor(21_000);
  await page.getByText('changed 9 min ago').first().waitFor();
  assert.deepEqual(
    await page.locator('details').evaluateAll((all) => all.map((one) => one.hasAttribute('open'))),
    [true, false, false, false],
  );
  assertAtHome(watched, site);
});

test('every page fits a phone of 375 px, light and dark', async (context) => {
  const site = await programmeSite(context);
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.setViewportSize({ width: 375, height: 812 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of pathsOf(site)) {
      await page.goto(`${site.url}${path}`);
      assert.equal(await overflow(page), 0, `${path} is wider than the phone`);
      assert.ok((await weakest(page)) >= 4.5, `${path} in ${colorScheme}: a text is hard to read`);
    }
  }
  assertAtHome(watched, site);
});

test('every page works without its script', async (context) => {
  const site = await programmeSite(context);
  const { page } = await watchedPage(context, { javaScriptEnabled: false });
  for (const path of pathsOf(site)) {
    const answer = await page.goto(`${site.url}${path}`);
    assert.equal(answer?.status(), 200, path);
    assert.equal(await page.locator('h1').count(), 1, path);
  }
  await page.goto(`${site.url}/status/candidates`);
  await page.getByLabel('Verdict').selectOption('invalid');
  await followed(page, page.getByRole('button', { name: 'Show' }));
  assert.match(page.url(), /verdict=invalid/);
  assert.equal(
    await page
      .locator('td .pill', { hasText: 'valid' })
      .filter({ hasText: /^valid$/ })
      .count(),
    0,
  );
});

test('names that are code are shown and do not run', async (context) => {
  const names = [
    '<img src=x onerror="document.title=1">',
    '<script>document.title=1</script>',
    '\u202egnp.elif',
  ];
  const site = await programmeSite(context, { candidates: 40, names });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${site.url}/status/candidates?sort=slot`);
  assert.equal(await page.title(), 'Candidates · Example programme');
  const shown = await page.locator('td.title bdi').allTextContents();
  assert.deepEqual(shown.slice(0, 3), [names[0], names[1], '\\u202egnp.elif']);
  await followed(page, page.locator('td.title a').first());
  assert.equal(await page.locator('h1 bdi').textContent(), names[0]);
  assertAtHome(watched, site);
});

/** The lowest contrast of any text with its background, as WCAG 2.2 defines it (1.4.3). */
async function weakest(page: Page): Promise<number> {
  return page.evaluate(CONTRAST);
}

const CONTRAST = `(() => {
  const parts = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      const [, , , alpha = 1] = parts(color);
      if (alpha > 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = [...document.querySelectorAll('body *')].filter((one) =>
    [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '') && one.checkVisibility() && !one.matches('meter, progress, option, .skip'),
  );
  return Math.min(...texts.map((one) => {
    const [front, back] = [light(getComputedStyle(one).color), light(behind(one))];
    return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  }));
})()`;
