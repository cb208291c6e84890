import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../port.ts';
import { anyTransaction, transaction } from '../testing/transactions.ts';
import { planGroups } from './plan.ts';

const MOST = 16;
const fits = (compared: number, written: number) => Math.max(compared, written) <= MOST;

/** How many keys of a group are compared, and how many written. */
function sizeOf(group: readonly Transaction[]): [number, number] {
  const compared = new Set(group.flatMap(({ compares }) => compares.map(({ key }) => key)));
  const written = new Set(group.flatMap(({ writes }) => writes.map(({ key }) => key)));
  return [compared.size, written.size];
}

test('groups hold every transaction once, within the limit, and none that writes what another compares', () => {
  fc.assert(
    fc.property(fc.array(anyTransaction, { maxLength: 40 }), (transactions) => {
      const plan = planGroups(transactions, fits);
      assert.deepEqual(
        plan.flat().sort((a, b) => a - b),
        transactions.map((_, index) => index),
      );
      for (const indexes of plan) {
        const group = indexes.flatMap((index) => transactions[index] ?? []);
        assert.ok(Math.max(...sizeOf(group)) <= MOST);
        for (const one of group) {
          for (const other of group.filter((entry) => entry !== one)) {
            const written = new Set(other.writes.map(({ key }) => key));
            assert.ok(!one.compares.some(({ key }) => written.has(key)));
          }
        }
      }
    }),
  );
});

test('groups use the limit to the last operation, where a shared compare counts once', () => {
  const grants = Array.from({ length: 26 }, (_, index) => transaction(['epoch', `${index}`], [`${index}`]));
  const wide = Array.from({ length: 12 }, (_, index) => transaction([], [`${index}`, `${index}x`]));
  assert.deepEqual(
    [grants, wide].map((all) => planGroups(all, fits).map(({ length }) => length)),
    [
      [15, 11],
      [8, 4],
    ],
  );
});

test('no two of a group expect different values of one key', () => {
  const is = (key: string, value: Uint8Array | null) => ({ compares: [{ key, value }], writes: [] });
  const one = Uint8Array.of(1);
  assert.deepEqual(planGroups([is('a', one), is('a', null), is('b', one)], fits), [[0], [1, 2]]);
});

test('those with leases come first', () => {
  const writes = [...transaction([], ['b']).writes, ...transaction([], ['c'], '7').writes];
  assert.deepEqual(planGroups([transaction([], ['a']), { compares: [], writes }], fits), [[1, 0]]);
});

describe('a group ends before it has too many bytes', () => {
  const OPERATION = 64;
  const value = new Uint8Array(5);
  const compare = (key: string, bytes: Uint8Array | null) => ({
    compares: [{ key, value: bytes }],
    writes: [],
  });
  const write = (key: string, bytes: Uint8Array | null) => ({
    compares: [],
    writes: [{ key, value: bytes }],
  });
  const cases: readonly [string, typeof compare | typeof write, Uint8Array | null, number][] = [
    ['a compare counts its key twice and its value once', compare, value, 2 * (3 * 2 + OPERATION) + 5],
    ['an absence has no value', compare, null, 2 * (3 * 2 + OPERATION)],
    ['a write counts its key and its value once', write, value, 3 * 2 + OPERATION + 5],
    ['a removal has no value', write, null, 3 * 2 + OPERATION],
  ];
  for (const [name, make, bytes, each] of cases) {
    test(name, () => {
      const all = ['aa', 'bb'].map((key) => make(key, bytes));
      const sizes = (most: number) => planGroups(all, fits, most).map(({ length }) => length);
      assert.deepEqual([sizes(2 * each), sizes(2 * each - 1)], [[2], [1, 1]]);
    });
  }

  test('a million at most', () => {
    const half = (more: number) => new Uint8Array(500_000 - 3 - OPERATION + more);
    const sizes = (more: number) =>
      planGroups([write('a', half(0)), write('b', half(more))], fits).map(({ length }) => length);
    assert.deepEqual([sizes(0), sizes(1)], [[2], [1, 1]]);
  });
});
