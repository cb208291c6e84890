import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reached } from '../../file/live/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { nodeConnections } from './node-connections.ts';

const SEAT = { node: 'rpc-here-0', pool: 'rpc', place: 'here', resourceId: 'x', ordinal: 0, signs: false };
const { signal } = new AbortController();

/** A place whose ways are counted; each is had when the test lets it. */
function fakePlace(answers: readonly boolean[] = []) {
  const letGo: (() => void)[] = [];
  let [opened, open] = [0, 0];
  const reach = async (): Promise<Reached> => {
    const ok = answers[opened] ?? true;
    opened += 1;
    await new Promise<void>((resolve) => letGo.push(resolve));
    if (!ok) return { ok: false, detail: 'not now' };
    open += 1;
    const close = (): void => {
      open -= 1;
    };
    return { ok: true, reach: { rpcUrl: 'http://127.0.0.1:1', metricsUrl: null, close } };
  };
  const book = nodeConnections(new Map([['here', { reach } as unknown as IdentifiedTarget]]));
  return { book, let: () => letGo.shift()?.(), counts: () => ({ opened, open }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('who asks for a way that is being opened waits for it; closing closes it', async () => {
  const place = fakePlace();
  const both = [place.book.open(SEAT, signal), place.book.open(SEAT, signal)];
  place.let();
  const [one, other] = await Promise.all(both);
  assert.ok(one !== null && one === other);
  assert.deepEqual(place.counts(), { opened: 1, open: 1 });
  place.book.close();
  await settled();
  assert.equal(place.counts().open, 0);
});

test('a way that comes when the book was closed is closed', async () => {
  const place = fakePlace();
  const late = place.book.open(SEAT, signal);
  place.book.close();
  place.let();
  assert.equal(await late, null);
  assert.equal(place.counts().open, 0);
});

test('where there was no way, it is looked for again', async () => {
  const place = fakePlace([false]);
  const first = place.book.open(SEAT, signal);
  place.let();
  assert.equal(await first, null);
  const second = place.book.open(SEAT, signal);
  place.let();
  assert.notEqual(await second, null);
  place.book.close();
});
