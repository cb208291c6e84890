import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Transaction } from '../port.ts';
import { transaction } from '../testing/transactions.ts';
import { checkRequests, planBatches } from './batch.ts';

test('a batch has 128 compares and 128 writes at most', () => {
  const grants = Array.from({ length: 130 }, (_, index) => transaction(['epoch', `${index}`], [`${index}`]));
  const wide = Array.from({ length: 66 }, (_, index) => transaction([], [`${index}`, `${index}x`]));
  assert.deepEqual(
    [grants, wide].map((all) => planBatches(all).map(({ length }) => length)),
    [
      [127, 3],
      [64, 2],
    ],
  );
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
    ['more operations than one request holds', operations(129), /129 operations/, 'split it'],
  ];
  for (const [name, transactions, message, remedy] of cases) {
    test(name, () => {
      const check = () => checkRequests(transactions);
      assert.throws(check, { name: 'StoreFault', code: 'refused', message, remedy });
    });
  }

  test('not a key that several transactions compare, nor one compared and written, nor the most operations', () => {
    checkRequests([transaction(['a', 'b'], ['b']), transaction(['a'], ['c'])]);
    checkRequests(operations(128));
  });
});
