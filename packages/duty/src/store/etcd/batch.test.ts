import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../port.ts';
import { anyTransaction, transaction } from '../testing/transactions.ts';
import { checkRequests, planBatches } from './batch.ts';
import { is, put } from './testing/transactions.ts';

const limits = { maxTxnOps: 16, maxBytes: 1_000_000 };

/** How many keys of a batch are compared, and how many written. */
function sizeOf(batch: readonly Transaction[]): [number, number] {
  const compared = new Set(batch.flatMap(({ compares }) => compares.map(({ key }) => key)));
  const written = new Set(batch.flatMap(({ writes }) => writes.map(({ key }) => key)));
  return [compared.size, written.size];
}

describe('batches', () => {
  test('hold every transaction once, within the limit, and none that writes what another compares', () => {
    fc.assert(
      fc.property(fc.array(anyTransaction, { maxLength: 40 }), (transactions) => {
        const plan = planBatches(transactions, limits);
        assert.deepEqual(
          plan.flat().sort((a, b) => a - b),
          transactions.map((_, index) => index),
        );
        for (const indexes of plan) {
          const batch = indexes.flatMap((index) => transactions[index] ?? []);
          assert.ok(Math.max(...sizeOf(batch)) <= limits.maxTxnOps);
          for (const one of batch) {
            for (const other of batch.filter((entry) => entry !== one)) {
              const written = new Set(other.writes.map(({ key }) => key));
              assert.ok(!one.compares.some(({ key }) => written.has(key)));
            }
          }
        }
      }),
    );
  });

  test('use the limit to the last operation, where a shared compare counts once', () => {
    const grants = Array.from({ length: 26 }, (_, index) => transaction(['epoch', `${index}`], [`${index}`]));
    const wide = Array.from({ length: 12 }, (_, index) => transaction([], [`${index}`, `${index}x`]));
    assert.deepEqual(
      [grants, wide].map((all) => planBatches(all, limits).map(({ length }) => length)),
      [
        [15, 11],
        [8, 4],
      ],
    );
  });

  test('hold no two that expect different values of one key', () => {
    const all = [is('a', '1'), is('a', null), is('b', '1')].map((one) => ({ compares: [one], writes: [] }));
    assert.deepEqual(planBatches(all, limits), [[0], [1, 2]]);
  });

  test('with leases come first', () => {
    const plan = planBatches([transaction([], ['a']), transaction([], ['b'], '7')], limits);
    assert.deepEqual(plan, [[1, 0]]);
  });
});

describe('a call that etcd would refuse is refused before it is sent', () => {
  const operations = (count: number) => [
    transaction(
      [],
      Array.from({ length: count }, (_, index) => `${index}`),
    ),
  ];
  const cases: readonly [string, readonly Transaction[], RegExp, string][] = [
    [
      'a key written twice',
      ['a', 'a'].map((key) => transaction([], [key])),
      /written twice/,
      'write a key once in a call',
    ],
    [
      'a key compared twice',
      [transaction(['a', 'a'], [])],
      /compared twice/,
      'compare a key once in a transaction',
    ],
    [
      'a lease that is none',
      [transaction([], ['a'], 'x')],
      /not a lease of this store/,
      'use the id that grantLease returned',
    ],
    [
      'an empty compared key',
      [transaction([''], [])],
      /empty/,
      'give every record a key of at least one character',
    ],
    [
      'an empty written key',
      [transaction([], [''])],
      /empty/,
      'give every record a key of at least one character',
    ],
    [
      'more operations than one request holds',
      operations(17),
      /17 operations/,
      'split it, or raise --max-txn-ops on every member and the maxTxnOps option with it',
    ],
  ];
  for (const [name, transactions, message, remedy] of cases) {
    test(name, () => {
      const check = () => checkRequests(transactions, 16);
      assert.throws(check, { name: 'StoreFault', code: 'refused', message, remedy });
    });
  }

  test('not a key that several transactions compare, nor one compared and written, nor the most operations', () => {
    checkRequests([transaction(['a', 'b'], ['b']), transaction(['a'], ['c'])], 16);
    checkRequests(operations(16), 16);
  });
});

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
