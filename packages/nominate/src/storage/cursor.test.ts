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
