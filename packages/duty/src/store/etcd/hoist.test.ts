import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planBatches } from './batch.ts';
import { sharedCompares, withoutShared } from './hoist.ts';
import { bytes, grant, is, put } from './testing/transactions.ts';

describe('what all transactions of a request compare', () => {
  test('is found whatever the order, and only where key and expectation are the same', () => {
    const one = { compares: [is('c', '1'), is('d', null), is('a', '1'), is('b', null)], writes: [] };
    const other = { compares: [is('d', '1'), is('c', '2'), is('b', null), is('a', '1')], writes: [] };
    assert.deepEqual(sharedCompares([one, other]), [is('a', '1'), is('b', null)]);
  });

  test('is nothing where there is one transaction, or none', () => {
    assert.deepEqual(sharedCompares([]), []);
    assert.deepEqual(sharedCompares([grant('m', null)]), []);
  });

  test('is not a key that one of them writes', () => {
    const compares = [is('a', '1'), is('b', '1')];
    const batch = [
      { compares, writes: [] },
      { compares, writes: [put('a', '2')] },
    ];
    assert.deepEqual(sharedCompares(batch), [is('b', '1')]);
  });

  test('is cut to the number of transactions: a longer outer If would leave less for the nested ones', () => {
    const compares = ['a', 'b', 'c', 'd'].map((key) => is(key, null));
    const batch = ['x', 'y'].map((key) => ({ compares, writes: [put(key, '1')] }));
    assert.deepEqual(sharedCompares(batch), compares.slice(0, 2));
  });

  test('never makes a batch larger than it was planned', () => {
    const value = fc.constantFrom(null, bytes('1'));
    const compares = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), value }), {
      selector: ({ key }) => key,
    });
    const writes = fc.integer({ min: 0, max: 6 });
    const limits = { maxTxnOps: 9, maxBytes: 1_000_000 };
    fc.assert(
      fc.property(fc.array(fc.tuple(compares, writes), { maxLength: 12 }), (shapes) => {
        const transactions = shapes.map(([compared, count], index) => ({
          compares: compared,
          writes: Array.from({ length: count }, (_, place) => put(`${index}/${place}`, 'x')),
        }));
        for (const indexes of planBatches(transactions, limits)) {
          const batch = indexes.flatMap((index) => transactions[index] ?? []);
          const shared = sharedCompares(batch);
          const hoisted = new Set(shared.map(({ key }) => key));
          const rest = batch.map((one) => withoutShared(one, hoisted));
          const nested = Math.max(...rest.map((one) => Math.max(one.compares.length, one.writes.length)));
          // As etcd counts: the longest list of the outer one, and of any nested one.
          assert.ok(Math.max(shared.length, batch.length) + nested <= limits.maxTxnOps);
        }
      }),
    );
  });
});
