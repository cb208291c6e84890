import assert from 'node:assert/strict';
import { bytes, expectFault, put, run, text, texts, transaction } from './expect.ts';
import type { Law } from './harness.ts';

const BIG_BYTES = 100_000;

/** Laws about reads of single records. */
export const recordLaws: readonly Law[] = [
  {
    name: 'a read answers every key in the order asked, null for absence',
    check: async ({ store }) => {
      assert.deepEqual(await store.read([]), []);
      assert.deepEqual(await texts(store, ['r/a']), [null]);
      await put(store, { 'r/a': '1', 'r/b': '2' });
      assert.deepEqual(await texts(store, ['r/b', 'r/none', 'r/a']), ['2', null, '1']);
    },
  },
  {
    name: 'an empty value is a value, not absence',
    check: async ({ store }) => {
      await put(store, { 'v/empty': '' });
      assert.deepEqual(await texts(store, ['v/empty']), ['']);
      const result = await run(store, transaction({ 'v/empty': 'x' }, { 'v/empty': null }));
      assert.equal(result.outcome, 'conflict', 'an empty value does not compare as absent');
      assert.equal((await run(store, transaction({ 'v/empty': 'x' }, { 'v/empty': '' }))).outcome, 'applied');
      assert.equal((await run(store, transaction({ 'v/none': 'x' }, { 'v/none': '' }))).outcome, 'conflict');
    },
  },
  {
    name: 'values are any bytes, up to 100 kB and more',
    check: async ({ store }) => {
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const big = Uint8Array.from({ length: BIG_BYTES }, (_, index) => (index * 31) % 251);
      await store.transact([
        {
          compares: [],
          writes: [
            { key: 'v/every', value: every },
            { key: 'v/big', value: big },
          ],
        },
      ]);
      const [readEvery, readBig] = await store.read(['v/every', 'v/big']);
      assert.deepEqual(Buffer.from(readEvery ?? []), Buffer.from(every));
      assert.ok(
        Buffer.from(readBig ?? []).equals(Buffer.from(big)),
        'the big value came back as it was written',
      );
      const swapped = await store.transact([
        { compares: [{ key: 'v/big', value: big }], writes: [{ key: 'v/big', value: null }] },
      ]);
      assert.deepEqual(swapped, [{ outcome: 'applied' }]);
    },
  },
  {
    name: "a later change of the caller's bytes does not change the record",
    check: async ({ store }) => {
      const value = bytes('kept');
      await store.transact([{ compares: [], writes: [{ key: 'v/own', value }] }]);
      value.fill(0);
      const [first] = await store.read(['v/own']);
      assert.equal(text(first), 'kept');
      first?.fill(0);
      assert.deepEqual(await texts(store, ['v/own']), ['kept']);
      const conflict = await run(store, transaction({ 'v/own': 'x' }, { 'v/own': 'another' }));
      if (conflict.outcome === 'conflict') conflict.current[0]?.fill(0);
      assert.equal((await run(store, transaction({}, { 'v/own': 'kept' }))).outcome, 'applied');
    },
  },
  {
    name: 'keys are texts with slashes, blanks and any letters, and no two are the same record',
    check: async ({ store }) => {
      const keys = [
        'k',
        'k/',
        'k//',
        'k/a',
        'k/a b',
        "k/'q'",
        'k/%',
        'k/_',
        'k/ä',
        'k/a\u0308',
        'k/漢',
        'k/😀',
        'K',
      ];
      await put(store, Object.fromEntries(keys.map((key, index) => [key, `value ${index}`])));
      assert.deepEqual(
        await texts(store, keys),
        keys.map((_, index) => `value ${index}`),
      );
    },
  },
  {
    name: 'a key that is empty, is not Unicode text or has control characters is refused',
    check: async ({ store }) => {
      for (const key of ['', 'a\u0000b', 'a\n', 'a\u007f', 'a\ud800']) {
        await expectFault(store.read([key]), 'refused');
        await expectFault(store.transact([transaction({ [key]: 'x' })]), 'refused');
        await expectFault(store.transact([transaction({}, { [key]: null })]), 'refused');
      }
      assert.deepEqual((await store.list('')).records, []);
    },
  },
];
