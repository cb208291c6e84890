import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { type Attempt, checkHistory } from './history.ts';

/** A store that answers one value to every read. */
function fakeStore(value: string | null): Store {
  const read = async () => [value === null ? null : Buffer.from(value)];
  return { read } as Partial<Store> as Store;
}

const attempt = (from: string | null, to: string, outcome: Attempt['outcome']): Attempt => ({
  key: 'k',
  from,
  to,
  outcome,
});

test('a chain of applied attempts passes, with an ambiguous one in it or beside it', async () => {
  const history = [
    attempt(null, '1', 'applied'),
    attempt('1', '2', 'ambiguous'),
    attempt('2', '3', 'applied'),
    attempt('2', 'x', 'conflict'),
    attempt('3', 'y', 'ambiguous'),
  ];
  await checkHistory(fakeStore('3'), history);
  await checkHistory(fakeStore('y'), history);
});

test('what must never be is found', async () => {
  const twice = [attempt(null, '1', 'applied'), attempt(null, '2', 'applied')];
  await assert.rejects(checkHistory(fakeStore('2'), twice), /not in the chain|applied to one value/);
  const forgotten = [attempt(null, '1', 'applied'), attempt('1', '2', 'applied')];
  await assert.rejects(checkHistory(fakeStore('1'), forgotten), /not in the chain/);
  const denied = [attempt(null, '1', 'conflict')];
  await assert.rejects(checkHistory(fakeStore('1'), denied), /was told conflict/);
  const failed = [attempt(null, '1', 'fault')];
  await assert.rejects(checkHistory(fakeStore('1'), failed), /was told fault/);
  await assert.rejects(checkHistory(fakeStore('stranger'), failed), /nobody wrote/);
});
