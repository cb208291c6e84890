import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../port.ts';
import { planBatches } from './batch.ts';
import { flatOf, flatTurns } from './flat.ts';
import { is, put } from './testing/transactions.ts';

const MAX_OPS = 128;
const one = (compares: Transaction['compares'], writes: Transaction['writes'] = []) => ({ compares, writes });

describe('the flat form of a batch', () => {
  const without: readonly [string, readonly Transaction[]][] = [
    [
      'one compares what a later one writes',
      [one([is('a', '1')], [put('b', '2')]), one([], [put('a', '2')])],
    ],
    ['one compares what an earlier one writes', [one([], [put('a', '2')]), one([is('a', '1')])]],
    [
      'two compare a key that one of them writes',
      [one([is('a', '1')], [put('a', '2')]), one([is('a', '1')])],
    ],
    ['two write one key', [one([is('a', '1')], [put('b', '2')]), one([], [put('b', '3')])]],
    [
      'two expect different values',
      [one([is('a', '1')], [put('b', '2')]), one([is('a', '2')], [put('c', '2')])],
    ],
    ['one expects absence', [one([is('a', '1')], [put('b', '2')]), one([is('a', null)], [put('c', '2')])]],
    ['all only compare', [one([is('a', '1')]), one([is('b', '1')])]],
    ['all only write', [one([], [put('a', '1')]), one([], [put('b', '1')])]],
  ];
  for (const [name, batch] of without) {
    test(`there is none where ${name}`, () => assert.equal(flatOf(batch, MAX_OPS), null));
  }

  test('has as many compares and writes as etcd takes, and no more', () => {
    const keys = ['a', 'b', 'c'];
    const compares = keys.map((key) => one([is(key, '1')], key === 'a' ? [put('x', '1')] : []));
    const writes = keys.map((key) => one(key === 'a' ? [is('x', '1')] : [], [put(key, '1')]));
    for (const batch of [compares, writes]) {
      assert.notEqual(flatOf(batch, 3), null);
      assert.equal(flatOf(batch, 2), null);
    }
  });
});

/** The results on one state: of each transaction alone, as the nested form has them. */
function nestedApplied(state: ReadonlyMap<string, string>, batch: readonly Transaction[]): boolean[] {
  const holds = ({ key, value }: Transaction['compares'][number]): boolean =>
    state.get(key) === (value === null ? undefined : Buffer.from(value).toString());
  return batch.map(({ compares }) => compares.every(holds));
}

test('in a planned batch the flat form holds exactly if every transaction does', () => {
  const key = fc.integer({ min: 0, max: 8 }).map(String);
  const value = fc.constantFrom('1', '2');
  const compare = fc.tuple(key, fc.option(value)).map(([name, held]) => is(name, held));
  const compares = fc.uniqueArray(compare, { maxLength: 3, selector: (made) => made.key });
  const any = fc.tuple(compares, fc.uniqueArray(key, { maxLength: 2 }));
  const states = fc.array(fc.tuple(key, value)).map((entries) => new Map(entries));
  fc.assert(
    fc.property(states, fc.array(any, { maxLength: 6 }), (state, made) => {
      const all = made.map(([compared, names]) =>
        one(
          compared,
          names.map((name) => put(name, 'new')),
        ),
      );
      for (const indexes of planBatches(all, { maxTxnOps: MAX_OPS, maxBytes: 1_000_000 })) {
        const batch = indexes.flatMap((index) => all[index] ?? []);
        const flat = flatOf(batch, MAX_OPS);
        if (flat === null) continue;
        const [holds] = nestedApplied(state, [flat]);
        assert.equal(holds, nestedApplied(state, batch).every(Boolean));
        assert.equal(flat.writes.length, batch.flatMap(({ writes }) => writes).length);
      }
    }),
  );
});

test('after a conflict eight batches go in the nested form', () => {
  const turns = flatTurns();
  assert.equal(turns.next(), true);
  turns.conflicted();
  assert.deepEqual(
    Array.from({ length: 10 }, () => turns.next()),
    [...new Array<boolean>(8).fill(false), true, true],
  );
});

describe('a plan', () => {
  const grants = (count: number, own: number): Transaction[] =>
    Array.from({ length: count }, (_, index) => ({
      compares: [
        is('epoch', '1'),
        is('session', '1'),
        ...Array.from({ length: own }, (_name, at) => is(`${index}/${at}`, '1')),
      ],
      writes: [put(`${index}/0`, '2')],
    }));
  const sizes = (all: readonly Transaction[]) =>
    planBatches(all, { maxTxnOps: MAX_OPS, maxBytes: 1_000_000 }).map(({ length }) => length);

  test('ends a batch where one more could not be sent flat', () => {
    assert.deepEqual(sizes(grants(120, 2)), [63, 57]);
    assert.equal(flatOf(grants(63, 2), MAX_OPS)?.compares.length, MAX_OPS);
    assert.equal(flatOf(grants(64, 2), MAX_OPS), null);
  });

  test('ends one for its writes alike', () => {
    const wide = grants(100, 1).map((made, index) => ({
      ...made,
      writes: [...made.writes, put(`w${index}`, '1')],
    }));
    assert.deepEqual(sizes(wide), [64, 36]);
  });

  test('keeps a nested batch together where the flat form would hold few', () => {
    assert.deepEqual(sizes(grants(60, 6)), [60]);
  });
});
