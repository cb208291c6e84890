import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Transaction } from '../port.ts';
import { checkTransactions, hasLease, planBatches } from './batch.ts';
import { is, put } from './testing/transactions.ts';

/** The bytes of an operation without its key and value. */
const OPERATION = 48;
const sizes = (all: readonly Transaction[], maxBytes: number) =>
  planBatches(all, { maxTxnOps: 128, maxBytes }).map(({ length }) => length);

describe('a request ends before it has too many bytes', () => {
  test('a compare counts its key twice and its value once', () => {
    const all = ['aa', 'bb'].map((key) => ({ compares: [is(key, '12345')], writes: [] }));
    const each = 2 * (3 * 2 + OPERATION) + 5;
    assert.deepEqual([sizes(all, 2 * each), sizes(all, 2 * each - 1)], [[2], [1, 1]]);
  });

  test('a write counts its key and its value once', () => {
    const all = ['aa', 'bb'].map((key) => ({ compares: [], writes: [put(key, '12345')] }));
    const each = 3 * 2 + OPERATION + 5;
    assert.deepEqual([sizes(all, 2 * each), sizes(all, 2 * each - 1)], [[2], [1, 1]]);
  });

  test('a removal and an absence have no value', () => {
    const all = ['aa', 'bb'].map((key) => ({ compares: [], writes: [{ key, value: null }] }));
    assert.deepEqual(sizes(all, 2 * (3 * 2 + OPERATION)), [2]);
    const absent = ['aa', 'bb'].map((key) => ({ compares: [is(key, null)], writes: [] }));
    assert.deepEqual(sizes(absent, 4 * (3 * 2 + OPERATION)), [2]);
  });
});

test('a transaction has a lease if one of its writes has', () => {
  const leased = { ...put('b', '1'), lease: '1' };
  const has = (...writes: Transaction['writes']) => hasLease({ compares: [], writes });
  const found = [has(), has(put('a', '1')), has(put('a', '1'), leased), has({ key: 'a', value: null })];
  assert.deepEqual(found, [false, false, true, false]);
});

describe('a call that etcd would refuse is refused before it is sent', () => {
  const refusal = (all: readonly Transaction[], remedy: string) =>
    assert.throws(() => checkTransactions(all, 2), { name: 'StoreFault', code: 'refused', remedy });

  test('a write to a key that is none', () => {
    refusal([{ compares: [], writes: [put('', '1')] }], 'use text without control characters');
  });

  test('a key that is written twice, or compared twice', () => {
    const write = { compares: [], writes: [put('a', '1')] };
    refusal([write, write], 'send the second in a later call');
    refusal([{ compares: [is('a', '1'), is('a', '1')], writes: [] }], 'compare each key once');
  });

  test('more operations than the cluster takes; exactly as many pass', () => {
    const writes = ['a', 'b', 'c'].map((key) => put(key, '1'));
    checkTransactions([{ compares: [], writes: writes.slice(0, 2) }], 2);
    refusal(
      [{ compares: [], writes }],
      'split it, or raise --max-txn-ops on every member and the maxTxnOps option with it',
    );
  });
});
