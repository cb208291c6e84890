import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { everyPage, type FetchPage, nextIn, PAGE_LIMITS } from './pages.ts';

const SIGNAL = new AbortController().signal;

test('the total time is bounded, even if each page comes soon', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  const slow: FetchPage = async (url, signal) => {
    asked += 1;
    await clock.sleep(20_000, signal);
    signal.throwIfAborted();
    const link = `</list?${asked}>; rel="next"`;
    return { text: 'page', size: 4, url, link, etag: null, isUnchanged: false };
  };
  const read = everyPage('https://list.example/list', slow, SIGNAL, PAGE_LIMITS, clock);
  const refused = assert.rejects(read, { name: 'TimeoutError' });
  await clock.advance(PAGE_LIMITS.timeoutMs - 1);
  assert.equal(asked, 3);
  await clock.advance(1);
  await refused;
  assert.equal(asked, 3);
  assert.equal(clock.pending(), 0);
});

test('a list that came in time leaves no timer behind', async () => {
  const clock = createVirtualClock();
  const whole: FetchPage = async (url) => ({
    ...{ text: 'page', size: 4, url, link: null, etag: null, isUnchanged: false },
  });
  const read = everyPage('https://list.example/list', whole, SIGNAL, PAGE_LIMITS, clock);
  assert.deepEqual(await read, ['page']);
  assert.equal(clock.pending(), 0);
});

test('links as servers write them', () => {
  for (const [header, next] of [
    [null, null],
    ['', null],
    ['</a>; rel="prev"', null],
    ['</a?x=1&after=a%2Cb>; rel="next"', '/a?x=1&after=a%2Cb'],
    ['</a>; rel="first", </b>; title="x, <y>; rel=z"; REL="last Next"', '/b'],
    ['<https://h.example/b>;rel=next;type="t"', 'https://h.example/b'],
    ['</b>; title="; rel=next"', null],
    ['</b', null],
  ] as const)
    assert.equal(nextIn(header), next, String(header));
});
