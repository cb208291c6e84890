import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../port.ts';
import { anyTransaction, transaction } from '../testing/transactions.ts';
import { planOf } from './plan.ts';

test('groups hold every transaction once, and none that writes what another compares', () => {
  fc.assert(
    fc.property(fc.array(anyTransaction, { maxLength: 40 }), (transactions) => {
      const plan = planOf(transactions);
      const numbers = transactions.map((_, index) => index);
      assert.deepEqual(
        plan.flat().sort((one, other) => one - other),
        numbers,
      );
      for (const indexes of plan) {
        const group = indexes.flatMap((index) => transactions[index] ?? []);
        for (const one of group) {
          const others = group.filter((entry) => entry !== one);
          const written = new Set(others.flatMap(({ writes }) => writes.map(({ key }) => key)));
          assert.ok(!one.compares.some(({ key }) => written.has(key)));
        }
      }
    }),
  );
});

test('those with leases come first', () => {
  const writes = [...transaction([], ['b']).writes, ...transaction([], ['c'], '7').writes];
  assert.deepEqual(planOf([transaction([], ['a']), { compares: [], writes }]), [[1, 0]]);
});

/** Transactions of different keys: so many compares and writes in each, so many bytes in each value. */
function transactions(
  count: number,
  shape: { compares: number; writes: number; bytes?: number },
): Transaction[] {
  const { compares, writes, bytes = 0 } = shape;
  return Array.from({ length: count }, (_, index) => ({
    compares: Array.from({ length: compares }, (_, place) => ({ key: `c${index}/${place}`, value: null })),
    writes: Array.from({ length: writes }, (_, place) => ({
      key: `w${index}/${place}`,
      value: new Uint8Array(bytes),
    })),
  }));
}

const sizes = (all: readonly Transaction[]) => planOf(all).map(({ length }) => length);

describe('a group ends before it is too large', () => {
  test('2,048 keys fit, compared and written ones together', () => {
    assert.deepEqual(sizes(transactions(3, { compares: 512, writes: 512 })), [2, 1]);
    assert.deepEqual(sizes(transactions(2, { compares: 512, writes: 513 })), [1, 1]);
    assert.deepEqual(sizes(transactions(2, { compares: 1_025, writes: 0 })), [1, 1]);
    assert.deepEqual(sizes(transactions(2, { compares: 0, writes: 1_025 })), [1, 1]);
  });

  test('a million bytes fit: 64 for each key, three for each of its characters, and the value', () => {
    const exact = 500_000 - 64 - 3 * 'w0/0'.length;
    assert.deepEqual(sizes(transactions(2, { compares: 0, writes: 1, bytes: exact })), [2]);
    assert.deepEqual(sizes(transactions(2, { compares: 0, writes: 1, bytes: exact + 1 })), [1, 1]);
  });

  test('a removal has no value to count', () => {
    const writes = [{ key: 'a', value: null }];
    assert.deepEqual(sizes([{ compares: [], writes }, ...transactions(1, { compares: 0, writes: 1 })]), [2]);
  });
});
