import assert from 'node:assert/strict';
import type { PageOf, PageRequest, ProgrammeStore } from '../../storage/port.ts';

/** An empty store, whose clock stays at the given moment until it is moved. */
export interface StoreFixture {
  readonly store: ProgrammeStore;
  readonly clock: { nowMs: number };
}

/** One requirement of every store. */
export interface StoreCase {
  readonly title: string;
  readonly run: (fixture: StoreFixture) => Promise<void>;
}

/** All rows of a list, page by page. */
export async function allRows<Row>(
  list: (page: PageRequest) => Promise<PageOf<Row>>,
  limit: number,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let part = 0; part < 1_000; part += 1) {
    const page: PageOf<Row> = await list({ limit, after });
    assert.ok(page.rows.length <= limit);
    rows.push(...page.rows);
    if (page.next === null) {
      assert.equal(page.total, rows.length);
      return rows;
    }
    after = page.next;
  }
  throw new Error('the list has no end');
}
