import { type PageOf, type PageRequest, StorageFault } from './port.ts';

export type CursorKey = string | number;

const MOST_ROWS = 1_000;
const LONGEST_CURSOR = 4_096;

/** How many rows to query: one more than the page shows, to see whether there is a next page. */
export function rowCount({ limit }: PageRequest): number {
  return limit + 1;
}

/** A page of a list from the rows of a query for {@link rowCount}, with the start of the next page. */
export function pageOf<Row, Shown>(
  list: string,
  { limit }: PageRequest,
  { rows, total }: { readonly rows: readonly Row[]; readonly total: number | string },
  keysOf: (row: Row) => readonly CursorKey[],
  shown: (row: Row) => Shown,
): PageOf<Shown> {
  const found = rows.slice(0, limit);
  const last = rows.length > limit ? found.at(-1) : undefined;
  return {
    rows: found.map(shown),
    total: Number(total),
    next: last === undefined ? null : cursorAfter(list, keysOf(last)),
  };
}

/** The cursor of the next page: after the row with these keys. */
function cursorAfter(list: string, keys: readonly CursorKey[]): string {
  return Buffer.from(JSON.stringify([list, ...keys])).toString('base64url');
}

/** The keys after which a page begins; null for the first page. Throws a {@link StorageFault}. */
export function readPage<Keys extends readonly CursorKey[]>(
  list: string,
  { limit, after }: PageRequest,
  like: Keys,
): Keys | null {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS)
    throw new StorageFault('request', `a page has 1 to ${MOST_ROWS} rows`, 'ask for so many');
  if (after === null) return null;
  const keys = keysIn(list, after);
  const fits = keys?.length === like.length && keys.every((key, at) => typeof key === typeof like[at]);
  if (!fits)
    throw new StorageFault(
      'request',
      'the cursor does not belong to this list',
      'start again with the first page',
    );
  return keys as unknown as Keys;
}

function keysIn(list: string, cursor: string): readonly unknown[] | null {
  if (cursor.length > LONGEST_CURSOR) return null;
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(read) && read[0] === list ? read.slice(1) : null;
  } catch {
    return null;
  }
}
