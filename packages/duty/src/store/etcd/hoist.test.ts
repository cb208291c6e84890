import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planBatches } from './batch.ts';
import { sharedCompares, withoutShared } from './hoist.ts';
import { bytes, is, put } from './testing/transactions.ts';

describe('what all transactions of a request compare', () => {
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
