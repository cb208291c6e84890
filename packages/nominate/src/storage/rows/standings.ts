import { type Kysely, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import { pageOf, readPage, rowCount } from '../cursor.ts';
import { type Engine, inParts, storable, transact } from '../engine.ts';
import type { PageOf, PageRequest, ProgrammeStore, Standing, StandingFilter, StandingsOf } from '../port.ts';
import type { Tables } from '../tables.ts';
import { decodeStanding, encodeStanding } from './standing-text.ts';

const OF_NOTE = 'standings of';

export function standingRows(engine: Engine): ProgrammeStore['standings'] {
  const { db } = engine;
  return {
    replace: (of, rows) => {
      // Encoded before the transaction: another writer waits for its end.
      const encoded = rows.map(rowOf);
      return transact(engine, (tx) => replace(tx, of, rows, encoded));
    },
    of: async () => {
      const note = await db.selectFrom('notes').select('body').where('name', '=', OF_NOTE).executeTakeFirst();
      return note === undefined ? null : (JSON.parse(note.body) as StandingsOf);
    },
    list: (filter, page) => list(db, filter, page),
    get: async (stashKey) => {
      const row = await db
        .selectFrom('standings')
        .select('body')
        .where('stash_key', '=', stashKey)
        .executeTakeFirst();
      return row === undefined ? null : decodeStanding(row.body);
    },
    scores: async (stashKey, limit) => {
      const rows = await db
        .selectFrom('scores')
        .selectAll()
        .where('stash_key', '=', stashKey)
        .orderBy('taken_ms', 'desc')
        .orderBy('snapshot')
        .limit(limit)
        .execute();
      return rows.map(({ snapshot, taken_ms: takenAtMs, session, total, position }) => ({
        snapshot,
        takenAtMs,
        session,
        total,
        position,
      }));
    },
    counts: () => counts(db),
  };
}

async function replace(
  tx: Transaction<Tables>,
  of: StandingsOf,
  rows: readonly Standing[],
  encoded: readonly Tables['standings'][],
): Promise<void> {
  await tx.deleteFrom('standings').execute();
  for (const part of inParts(encoded)) await tx.insertInto('standings').values(part).execute();
  const scores = rows.flatMap(({ stashKey, score, position }) =>
    score === null || position === null ? [] : [{ stash_key: stashKey, total: score.total, position }],
  );
  const common = { snapshot: of.snapshot, taken_ms: of.takenAtMs, session: of.session ?? null };
  for (const part of inParts(scores))
    await tx
      .insertInto('scores')
      .values(part.map((score) => ({ ...common, ...score })))
      .onConflict((conflict) =>
        conflict.columns(['stash_key', 'snapshot']).doUpdateSet(({ ref }) => ({
          total: ref('excluded.total'),
          position: ref('excluded.position'),
        })),
      )
      .execute();
  await tx
    .insertInto('notes')
    .values({ name: OF_NOTE, body: JSON.stringify(of) })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ body: JSON.stringify(of) }))
    .execute();
}

function rowOf(standing: Standing): Tables['standings'] {
  const { stashKey, slotId, name, verdict, active, kyc, position, rank } = standing;
  return {
    stash_key: stashKey,
    slot: slotId,
    name_key: nameKey(name),
    verdict,
    active: active === null ? null : Number(active),
    kyc: Number(kyc),
    position,
    rank,
    body: encodeStanding(standing),
  };
}

/** The form of names for search and order: the same in both engines. */
function nameKey(name: string): string {
  return storable(name).toLowerCase();
}

type Rows = SelectQueryBuilder<Tables, 'standings', object>;

function through(rows: Rows, { verdict, active, kyc, name }: StandingFilter): Rows {
  let found = rows;
  if (verdict !== undefined) found = found.where('verdict', '=', verdict);
  if (active !== undefined) found = found.where('active', '=', Number(active));
  if (kyc !== undefined) found = found.where('kyc', '=', Number(kyc));
  if (name === undefined) return found;
  const pattern = `%${nameKey(name).replace(/[\\%_]/g, '\\$&')}%`;
  return found.where(sql<boolean>`name_key like ${pattern} escape '\\'`);
}

/** Greater than every position: rows without a position come last in both directions. */
const NOWHERE = 2 ** 52;

function orderOf({ sort, descending }: StandingFilter) {
  if (sort === 'name') return { key: sql.ref('name_key'), like: '' };
  if (sort === 'slot') return { key: sql.ref('slot'), like: 0 };
  if (sort === 'rank') return { key: sql.ref('rank'), like: 0 };
  return { key: sql`coalesce(position, ${sql.lit(descending ? -1 : NOWHERE)})`, like: 0 };
}

async function list(
  db: Kysely<Tables>,
  filter: StandingFilter,
  page: PageRequest,
): Promise<PageOf<Standing>> {
  const { key, like } = orderOf(filter);
  const direction = filter.descending ? 'desc' : 'asc';
  const name = `standings ${filter.sort} ${direction}`;
  const from = readPage(name, page, [like, ''] as const);
  const found = through(db.selectFrom('standings'), filter);
  const { total } = await found
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  let part = found.select(['body', 'stash_key']).select(sql<string | number>`${key}`.as('key'));
  if (from !== null) {
    const beyond = sql.raw(filter.descending ? '<' : '>');
    part = part.where(sql<boolean>`(${key}, stash_key) ${beyond} (${from[0]}, ${from[1]})`);
  }
  const rows = await part
    .orderBy(sql`${key}`, direction)
    .orderBy('stash_key', direction)
    .limit(rowCount(page))
    .execute();
  return pageOf(
    name,
    page,
    { rows, total },
    (row) => [row.key, row.stash_key],
    ({ body }) => decodeStanding(body),
  );
}

async function counts(db: Kysely<Tables>) {
  const rows = await db
    .selectFrom('standings')
    .select(['verdict', 'active', 'kyc'])
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .groupBy(['verdict', 'active', 'kyc'])
    .execute();
  const sum = (fits: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(fits).reduce((all, { count }) => all + Number(count), 0);
  return {
    all: sum(() => true),
    valid: sum(({ verdict }) => verdict === 'valid'),
    invalid: sum(({ verdict }) => verdict === 'invalid'),
    undecided: sum(({ verdict }) => verdict === 'undecided'),
    active: sum(({ active }) => active === 1),
    kyc: sum(({ kyc }) => kyc === 1),
  };
}
