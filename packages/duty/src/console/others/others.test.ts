import assert from 'node:assert/strict';
import test from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { Look } from './other-page.ts';
import { otherPages } from './others.ts';

const WELL: Look = { state: 'well', sentence: 'it is well' };
const PAGES = { nominate: 'http://one/', fleet: 'http://two/', coordinate: undefined };

/** Pages on a virtual clock; a look ends when the test resolves it. */
function watched(pages: Readonly<Record<string, string | undefined>> = PAGES) {
  const clock = createVirtualClock({ startMs: 0 });
  const looks: { name: string; end: (look: Look) => void }[] = [];
  const read = otherPages(pages, clock, (name) => {
    const { promise, resolve } = Promise.withResolvers<Look>();
    looks.push({ name, end: resolve });
    return promise;
  });
  const shown = async () => (await read()).map(({ name, look }) => `${name} ${look?.sentence ?? 'none'}`);
  const endAll = () => {
    for (const { end } of looks) end(WELL);
  };
  return { clock, looks, shown, endAll };
}

test('the first reader waits for the look; later ones get it at once, and a look is repeated after ten seconds', async () => {
  const { clock, looks, shown, endAll } = watched();
  const first = shown();
  endAll();
  assert.deepEqual(await first, ['nominate it is well', 'fleet it is well']);
  await clock.advance(9_999);
  await shown();
  assert.equal(looks.length, 2);
  await clock.advance(1);
  assert.deepEqual(
    await shown(),
    ['nominate it is well', 'fleet it is well'],
    'no reader waits for the new look',
  );
  assert.equal(looks.length, 4);
});

test('a reader waits a second at most, and a page has one look under way at most', async () => {
  const { clock, looks, shown, endAll } = watched({ nominate: 'http://one/' });
  const first = shown();
  await clock.advance(1_000);
  assert.deepEqual(await first, ['nominate none']);
  for (let second = 0; second < 60; second += 5) {
    const later = shown();
    await clock.advance(5_000);
    assert.deepEqual(await later, ['nominate none']);
  }
  assert.equal(looks.length, 1, 'a second look began before the first had ended');
  endAll();
  await clock.advance(0);
  assert.deepEqual(await shown(), ['nominate it is well']);
});

test('a sentence that is older than half a minute is not shown again', async () => {
  const { clock, looks, shown, endAll } = watched({ nominate: 'http://one/' });
  const first = shown();
  endAll();
  await first;
  await clock.advance(30_001);
  const stale = shown();
  await clock.advance(1_000);
  assert.deepEqual(await stale, ['nominate none']);
  looks.at(-1)?.end({ state: 'silent', sentence: 'no program listens on that port' });
  await clock.advance(0);
  assert.deepEqual(await shown(), ['nominate no program listens on that port']);
});
