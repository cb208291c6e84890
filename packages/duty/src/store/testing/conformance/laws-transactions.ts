import assert from 'node:assert/strict';
import type { Transaction } from '../../port.ts';
import { bytes, expectFault, put, run, text, texts, transaction } from './expect.ts';
import type { Law } from './harness.ts';

/** More than any engine takes in one request. */
const MANY = 300;

const compareLaws: readonly Law[] = [
  {
    name: 'a compare with absence holds only while the key is absent',
    check: async ({ store }) => {
      const create = transaction({ 't/a': '1' }, { 't/a': null });
      assert.deepEqual(await run(store, create), { outcome: 'applied' });
      assert.equal((await run(store, transaction({ 't/a': '2' }, { 't/a': null }))).outcome, 'conflict');
      assert.deepEqual(await texts(store, ['t/a']), ['1']);
      await put(store, { 't/a': null });
      assert.deepEqual(await run(store, create), { outcome: 'applied' });
    },
  },
  {
    name: 'a compare with a value holds only for equal bytes',
    check: async ({ store }) => {
      await put(store, { 't/a': '10' });
      for (const wrong of ['1', '100', '11', '']) {
        const result = await run(store, transaction({ 't/a': 'x' }, { 't/a': wrong }));
        assert.equal(result.outcome, 'conflict', `10 was taken for ${wrong}`);
      }
      assert.equal((await run(store, transaction({ 't/b': 'x' }, { 't/b': '10' }))).outcome, 'conflict');
      assert.deepEqual(await run(store, transaction({ 't/a': '11' }, { 't/a': '10' })), {
        outcome: 'applied',
      });
      assert.deepEqual(await texts(store, ['t/a', 't/b']), ['11', null]);
    },
  },
  {
    name: 'values are compared, not revisions: a value that came back compares equal',
    check: async ({ store }) => {
      for (const value of ['old', 'new', 'old']) await put(store, { 't/back': value });
      assert.equal(
        (await run(store, transaction({ 't/back': 'x' }, { 't/back': 'old' }))).outcome,
        'applied',
      );
    },
  },
  {
    name: 'of several compares all must hold, else no write of the transaction is applied',
    check: async ({ store }) => {
      await put(store, { 't/a': '1', 't/b': '2' });
      const writes = { 't/a': 'A', 't/b': 'B', 't/c': 'C' };
      for (const compares of [
        { 't/a': '1', 't/b': 'no', 't/c': null },
        { 't/a': 'no', 't/b': '2', 't/c': null },
        { 't/a': '1', 't/b': '2', 't/c': 'no' },
      ]) {
        assert.equal((await run(store, transaction(writes, compares))).outcome, 'conflict');
        assert.deepEqual(await texts(store, ['t/a', 't/b', 't/c']), ['1', '2', null]);
      }
      const right = { 't/a': '1', 't/b': '2', 't/c': null };
      assert.deepEqual(await run(store, transaction(writes, right)), { outcome: 'applied' });
      assert.deepEqual(await texts(store, ['t/a', 't/b', 't/c']), ['A', 'B', 'C']);
    },
  },
  {
    name: 'a conflict returns the value of every compared key, in the order of the compares',
    check: async ({ store }) => {
      await put(store, { 't/a': '1', 't/b': '2' });
      const compares = ['t/b', 't/none', 't/a'].map((key) => ({ key, value: bytes('other') }));
      const result = await run(store, { compares, writes: [{ key: 't/z', value: bytes('z') }] });
      assert.equal(result.outcome, 'conflict');
      assert.deepEqual(result.outcome === 'conflict' && result.current.map(text), ['2', null, '1']);
    },
  },
  {
    name: 'a transaction of compares alone reports whether they hold',
    check: async ({ store }) => {
      await put(store, { 't/a': '1' });
      assert.deepEqual(await run(store, transaction({}, { 't/a': '1', 't/b': null })), {
        outcome: 'applied',
      });
      const result = await run(store, transaction({}, { 't/a': '1', 't/b': 'x' }));
      assert.deepEqual(result.outcome === 'conflict' && result.current.map(text), ['1', null]);
    },
  },
  {
    name: 'a delete removes the key, and deleting an absent key is not a fault',
    check: async ({ store }) => {
      await put(store, { 't/a': '1', 't/b': '2' });
      await put(store, { 't/a': null, 't/none': null });
      assert.deepEqual(await texts(store, ['t/a', 't/b', 't/none']), [null, '2', null]);
      const { records } = await store.list('t/');
      assert.deepEqual(
        records.map((record) => record.key),
        ['t/b'],
      );
    },
  },
];

const callLaws: readonly Law[] = [
  {
    name: 'a key written or compared twice in one transaction, or written twice in one call, is refused',
    check: async ({ store }) => {
      const value = bytes('x');
      const key = 't/twice';
      const calls: readonly (readonly Transaction[])[] = [
        [
          {
            compares: [],
            writes: [
              { key, value },
              { key, value: null },
            ],
          },
        ],
        [
          {
            compares: [
              { key, value: null },
              { key, value: null },
            ],
            writes: [{ key: 't/other', value }],
          },
        ],
        [
          transaction({ 't/other': '1' }),
          transaction({ [key]: '1' }),
          transaction({ [key]: '2' }, { [key]: 'no' }),
        ],
      ];
      for (const call of calls) await expectFault(store.transact(call), 'refused');
      assert.deepEqual(await texts(store, [key, 't/other']), [null, null], 'a refused call applies nothing');
    },
  },
  {
    name: 'transactions of one call have one result each, in order',
    check: async ({ store }) => {
      assert.deepEqual(await store.transact([]), []);
      await put(store, { 't/a': '1', 't/b': '2' });
      const results = await store.transact([
        transaction({ 't/a': 'A' }, { 't/a': '1' }),
        transaction({ 't/b': 'B' }, { 't/b': 'no' }),
        transaction({ 't/c': 'C' }, { 't/c': null }),
        transaction({}, { 't/d': 'no' }),
        transaction({ 't/e': null }),
      ]);
      assert.deepEqual(
        results.map((result) => result.outcome),
        ['applied', 'conflict', 'applied', 'conflict', 'applied'],
      );
      const second = results[1];
      assert.deepEqual(second?.outcome === 'conflict' && second.current.map(text), ['2']);
      assert.deepEqual(await texts(store, ['t/a', 't/b', 't/c']), ['A', '2', 'C']);
    },
  },
  {
    name: `${MANY} transactions go into one call, conflicts among them`,
    check: async ({ store }) => {
      const key = (index: number) => `m/${String(index).padStart(4, '0')}`;
      const indexes = Array.from({ length: MANY }, (_, index) => index);
      await store.transact(indexes.filter((i) => i % 7 === 0).map((i) => transaction({ [key(i)]: 'there' })));
      const results = await store.transact(
        indexes.map((i) =>
          transaction({ [key(i)]: `new ${i}`, [`${key(i)}/second`]: `${i}` }, { [key(i)]: null }),
        ),
      );
      assert.deepEqual(
        results.map((result) => result.outcome),
        indexes.map((i) => (i % 7 === 0 ? 'conflict' : 'applied')),
      );
      assert.deepEqual(
        await texts(store, indexes.map(key)),
        indexes.map((i) => (i % 7 === 0 ? 'there' : `new ${i}`)),
      );
      const second = await texts(
        store,
        indexes.map((i) => `${key(i)}/second`),
      );
      assert.deepEqual(
        second,
        indexes.map((i) => (i % 7 === 0 ? null : `${i}`)),
      );
    },
  },
  {
    name: 'two transactions of one call that each compare the key that the other writes are not both applied',
    check: async ({ store }) => {
      const results = await store.transact([
        transaction({ 'w/a': '1' }, { 'w/b': null }),
        transaction({ 'w/b': '1' }, { 'w/a': null }),
      ]);
      const applied = results.filter((result) => result.outcome === 'applied').length;
      assert.equal(applied, 1, `${applied} of two were applied; no order of the two explains that`);
    },
  },
];

/** Laws about transactions. */
export const transactionLaws: readonly Law[] = [...compareLaws, ...callLaws];
