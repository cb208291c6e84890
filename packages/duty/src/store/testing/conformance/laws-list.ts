import assert from 'node:assert/strict';
import type { Store } from '../../port.ts';
import { expectFault, put, text } from './expect.ts';
import type { Law } from './harness.ts';

async function keysUnder(store: Store, prefix: string): Promise<string[]> {
  const { records, more } = await store.list(prefix);
  assert.equal(more, false);
  return records.map((record) => record.key);
}

/** Read a whole prefix page by page. */
async function pages(store: Store, prefix: string, limit: number): Promise<string[][]> {
  const all: string[][] = [];
  let after: string | undefined;
  for (let page = 0; page < 100; page++) {
    const { records, more } = await store.list(prefix, { limit, ...(after === undefined ? {} : { after }) });
    all.push(records.map((record) => record.key));
    if (!more) return all;
    after = records.at(-1)?.key;
  }
  throw new Error('the list never ended');
}

/** Laws about lists. */
export const listLaws: readonly Law[] = [
  {
    name: 'a list holds the records under the prefix and no others',
    check: async ({ store }) => {
      const keys = ['a', 'a.', 'a/', 'a/b', 'a/b/c', 'a//', 'a0', 'aa', 'b', 'A/b', 'a_x', 'a%x'];
      await put(store, Object.fromEntries(keys.map((key) => [key, `of ${key}`])));
      assert.deepEqual(await keysUnder(store, 'a/'), ['a/', 'a//', 'a/b', 'a/b/c']);
      assert.deepEqual(await keysUnder(store, 'a_'), ['a_x']);
      assert.deepEqual(await keysUnder(store, 'a%'), ['a%x']);
      assert.deepEqual(await keysUnder(store, 'none/'), []);
      const { records } = await store.list('a/b');
      assert.deepEqual(
        records.map(({ key, value }) => [key, text(value)]),
        [
          ['a/b', 'of a/b'],
          ['a/b/c', 'of a/b/c'],
        ],
      );
      assert.equal((await keysUnder(store, '')).length, keys.length);
    },
  },
  {
    name: 'a list is in the byte order of the UTF-8 keys, also at the end of the code space',
    check: async ({ store }) => {
      const ordered = [
        'o/Z',
        'o/a',
        'o/a/b',
        'o/ab',
        'o/~',
        'o/é',
        'o/漢',
        'o/\uffee',
        'o/😀',
        'o/\u{10ffff}',
      ];
      await put(store, Object.fromEntries([...ordered].reverse().map((key) => [key, 'x'])));
      assert.deepEqual(await keysUnder(store, 'o/'), ordered);
      assert.deepEqual(await keysUnder(store, 'o/\u{10ffff}'), ['o/\u{10ffff}']);
    },
  },
  {
    name: 'pages follow each other without gaps or duplicates, and the last one is marked',
    check: async ({ store }) => {
      const keys = Array.from({ length: 25 }, (_, index) => `p/${String(index).padStart(2, '0')}`);
      await put(store, Object.fromEntries(keys.map((key) => [key, key])));
      await put(store, { p0: 'beside', 'p.': 'beside' });
      const tens = await pages(store, 'p/', 10);
      assert.deepEqual(tens, [keys.slice(0, 10), keys.slice(10, 20), keys.slice(20)]);
      assert.deepEqual(await pages(store, 'p/', 25), [keys], 'a page that is just full is the last one');
      assert.deepEqual((await pages(store, 'p/', 1)).flat(), keys);
    },
  },
  {
    name: 'a page may begin after a key that was removed since',
    check: async ({ store }) => {
      await put(store, { 'g/1': 'x', 'g/2': 'x', 'g/3': 'x' });
      await put(store, { 'g/2': null });
      const { records } = await store.list('g/', { after: 'g/2', limit: 5 });
      assert.deepEqual(
        records.map((record) => record.key),
        ['g/3'],
      );
      assert.deepEqual(await store.list('g/', { after: 'g/3', limit: 5 }), { records: [], more: false });
    },
  },
  {
    name: 'a page limit below 1 or above 1,000 is refused',
    check: async ({ store }) => {
      for (const limit of [0, -1, 1_001, 1.5, Number.NaN])
        await expectFault(store.list('', { limit }), 'refused');
    },
  },
];
