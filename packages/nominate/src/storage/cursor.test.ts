import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pageOf, readPage, rowCount } from './cursor.ts';
import type { PageRequest } from './port.ts';

const LIST = 'numbers';

/** The result of a query: the rows after the cursor, one more than the page shows. */
function part(all: readonly number[], page: PageRequest) {
  const from = readPage(LIST, page, [0] as const);
  const rows = all.filter((row) => from === null || row > from[0]).slice(0, rowCount(page));
  return pageOf(
    LIST,
    page,
    { rows, total: String(all.length) },
    (row) => [row],
    (row) => `row ${row}`,
  );
}

test('parts one after the other are the whole list, each row once; none follows the last row', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 1, max: 12 }), (length, limit) => {
      const all = Array.from({ length }, (_, row) => row + 1);
      const seen: string[] = [];
      let parts = 0;
      for (let after: string | null = null; parts === 0 || after !== null; parts++) {
        const page = part(all, { limit, after });
        assert.equal(page.total, length);
        assert.ok(page.rows.length <= limit);
        seen.push(...page.rows);
        after = page.next;
      }
      assert.deepEqual(
        seen,
        all.map((row) => `row ${row}`),
      );
      assert.equal(parts, Math.max(1, Math.ceil(length / limit)));
    }),
    { seed: 7 },
  );
});

test('a cursor of another list, with other keys, or of unknown origin is refused', () => {
  const { next } = pageOf(
    'others',
    { limit: 1, after: null },
    { rows: [1, 2], total: 2 },
    (row) => [row],
    String,
  );
  for (const after of [next, 'nonsense', '', 'x'.repeat(5_000)])
    assert.throws(() => readPage(LIST, { limit: 1, after }, [0] as const), /not belong to this list/);
  const own = part([1, 2], { limit: 1, after: null }).next;
  assert.throws(() => readPage(LIST, { limit: 1, after: own }, [''] as const), /not belong to this list/);
  assert.throws(() => readPage(LIST, { limit: 1, after: own }, [0, 0] as const), /not belong to this list/);
  for (const limit of [0, 1.5, 1_001])
    assert.throws(() => readPage(LIST, { limit, after: null }, [0] as const), /1 to 1000 rows/);
});
