import { setImmediate as turn } from 'node:timers/promises';
import type { PageOf, PageRequest, ProgrammeStore, Standing } from '../../storage/port.ts';

/** Reading a page of standings takes about 5 ms. */
const ROWS_AT_ONCE = 50;
/** More pages than any list here has. */
const MOST_PARTS = 2_000;

/** Every row of a list, page by page. */
export async function everyRow<Row>(
  list: (page: PageRequest) => Promise<PageOf<Row>>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let part = 0; part < MOST_PARTS; part += 1) {
    await turn();
    const page: PageOf<Row> = await list({ limit: ROWS_AT_ONCE, after });
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = page.next;
  }
  return rows;
}

export function allStandings(store: ProgrammeStore): Promise<readonly Standing[]> {
  return everyRow((page) => store.standings.list({ sort: 'slot', descending: false }, page));
}
