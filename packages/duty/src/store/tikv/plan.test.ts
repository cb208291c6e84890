import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../port.ts';
import { planGroups } from './plan.ts';

const value = Uint8Array.of(1);

function transaction(compared: readonly string[], written: readonly string[], lease?: string): Transaction {
  return {
    compares: compared.map((key) => ({ key, value: null })),
    writes: written.map((key) => ({ key, value, ...(lease === undefined ? {} : { lease }) })),
  };
}

const keys = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 6 });
const any = fc.tuple(keys, keys).map(([compared, written]) => transaction(compared, written));

test('groups hold every transaction once, and none that writes what another compares', () => {
  fc.assert(
    fc.property(fc.array(any, { maxLength: 40 }), (transactions) => {
      const plan = planGroups(transactions);
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
  assert.deepEqual(planGroups([transaction([], ['a']), transaction([], ['b'], '7')]), [[1, 0]]);
});
