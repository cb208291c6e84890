import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { Aftermath, StoredRound } from '../../rounds/stored.ts';
import { aftermathShape } from '../../rounds/stored.ts';
import { pageOf, readPage, rowCount } from '../cursor.ts';
import { type Engine, inParts, transact } from '../engine.ts';
import { type PageOf, type PageRequest, type ProgrammeStore, type RoundRow, StorageFault } from '../port.ts';
import type { Tables } from '../tables.ts';
import { getText, type PackedText, packText, putText } from '../texts.ts';
import { takenMsOf } from './snapshots.ts';

/** The fields of a record for searching. */
const recordShape = z.object({
  era: z.int(),
  eligibleCount: z.int(),
  nominatedCount: z.int(),
  nominators: z.array(z.object({ name: z.string(), targets: z.array(z.string()) })),
});

const LIST = 'rounds';

export function roundRows(engine: Engine): ProgrammeStore['rounds'] {
  const { db } = engine;
  return {
    add: (round) => add(engine, round),
    addDecided: (round) => addDecided(engine, round),
    get: (id) => get(db, id),
    list: (page) => list(db, page),
    newest: async () => {
      const [row] = await rowsOf(db).orderBy('place', 'desc').limit(1).execute();
      return row === undefined ? null : shown(row);
    },
    setAftermath: (id, aftermath) => setAftermath(engine, id, aftermath),
    nominating: async (stashKey, limit) => {
      const rows = await rowsOf(db)
        .innerJoin('round_targets', 'round_targets.round', 'rounds.id')
        .where('round_targets.stash_key', '=', stashKey)
        .orderBy('round_targets.place', 'desc')
        .limit(limit)
        .execute();
      return rows.map(shown);
    },
  };
}

const COLUMNS = [
  'rounds.place',
  'rounds.id',
  'rounds.era',
  'rounds.made_ms',
  'rounds.eligible',
  'rounds.nominated',
  'rounds.nominators',
  'rounds.elected',
] as const;

function rowsOf(db: Kysely<Tables>) {
  return db.selectFrom('rounds').select(COLUMNS);
}

type Found = Pick<
  Tables['rounds'],
  'id' | 'era' | 'made_ms' | 'eligible' | 'nominated' | 'nominators' | 'elected'
>;

function shown({ id, era, made_ms, eligible, nominated, nominators, elected }: Found): RoundRow {
  return {
    id,
    era,
    madeAtMs: made_ms,
    eligibleCount: eligible,
    nominatedCount: nominated,
    nominators: JSON.parse(nominators) as readonly string[],
    electedCount: elected,
  };
}

async function add(
  engine: Engine,
  { snapshot, aftermath, ...texts }: StoredRound,
): Promise<'added' | 'exists'> {
  const packed = await packText('snapshot', snapshot);
  const of = { digest: packed.digest, takenMs: takenMsOf(snapshot) };
  return insert(engine, of, texts, aftermath, [packed]);
}

async function addDecided(
  engine: Engine,
  { snapshot, ...texts }: Parameters<ProgrammeStore['rounds']['addDecided']>[0],
): Promise<'added' | 'exists'> {
  const row = await engine.db
    .selectFrom('snapshots')
    .select('taken_ms')
    .where('digest', '=', snapshot)
    .executeTakeFirst();
  if (row === undefined)
    throw new StorageFault('request', `there is no snapshot ${snapshot}`, 'name one that is stored');
  const of = { digest: snapshot, takenMs: row.taken_ms };
  return insert(engine, of, texts, { transactions: [], outcomes: [] }, []);
}

async function insert(
  engine: Engine,
  of: { readonly digest: string; readonly takenMs: number },
  texts: Pick<StoredRound, 'programme' | 'record'>,
  aftermath: Aftermath,
  others: readonly PackedText[],
): Promise<'added' | 'exists'> {
  const record = recordShape.parse(JSON.parse(texts.record));
  const [programme, body] = await Promise.all([
    packText('programme', texts.programme),
    packText('record', texts.record),
  ]);
  const nominating = record.nominators.filter(({ targets }) => targets.length > 0);
  const targets = new Set(nominating.flatMap((one) => one.targets));
  return transact(engine, async (tx) => {
    for (const text of [...others, programme, body]) await putText(tx, text);
    const added = await tx
      .insertInto('rounds')
      .values({
        id: body.digest,
        era: record.era,
        made_ms: of.takenMs,
        eligible: record.eligibleCount,
        nominated: record.nominatedCount,
        nominators: JSON.stringify(nominating.map(({ name }) => name)),
        elected: electedOf(aftermath, [...targets]),
        snapshot: of.digest,
        programme: programme.digest,
        aftermath: JSON.stringify(aftermath),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('place')
      .executeTakeFirst();
    if (added === undefined) return 'exists';
    const { place } = added;
    for (const part of inParts([...targets]))
      await tx
        .insertInto('round_targets')
        .values(part.map((stash_key) => ({ round: body.digest, stash_key, place })))
        .execute();
    return 'added';
  });
}

/** How many targets were elected in any era with a known outcome; null if there is none. */
function electedOf({ outcomes }: Aftermath, targets: readonly string[]): number | null {
  if (outcomes.length === 0) return null;
  const elected = new Set(outcomes.flatMap((one) => one.elected));
  return targets.filter((key) => elected.has(key)).length;
}

async function get(db: Kysely<Tables>, id: string): Promise<StoredRound | null> {
  const row = await db
    .selectFrom('rounds')
    .select(['snapshot', 'programme', 'aftermath'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const [snapshot, programme, record] = await Promise.all([
    getText(db, 'snapshot', row.snapshot),
    getText(db, 'programme', row.programme),
    getText(db, 'record', id),
  ]);
  if (snapshot === null || programme === null || record === null)
    throw new StorageFault(
      'schema',
      `a text of the round ${id} is missing`,
      'restore a backup of the database',
    );
  return { snapshot, programme, record, aftermath: aftermathShape.parse(JSON.parse(row.aftermath)) };
}

async function list(db: Kysely<Tables>, page: PageRequest): Promise<PageOf<RoundRow>> {
  const from = readPage(LIST, page, [0] as const);
  let part = rowsOf(db);
  if (from !== null) part = part.where('place', '<', from[0]);
  const { total } = await db
    .selectFrom('rounds')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await part.orderBy('place', 'desc').limit(rowCount(page)).execute();
  return pageOf(LIST, page, { rows, total }, (row) => [row.place], shown);
}

async function setAftermath(engine: Engine, id: string, aftermath: Aftermath): Promise<void> {
  await transact(engine, async (tx) => {
    const targets = await tx
      .selectFrom('round_targets')
      .select('stash_key')
      .where('round', '=', id)
      .execute();
    const elected = electedOf(
      aftermath,
      targets.map(({ stash_key: key }) => key),
    );
    const changed = await tx
      .updateTable('rounds')
      .set({ aftermath: JSON.stringify(aftermath), elected })
      .where('id', '=', id)
      .returning(sql<number>`1`.as('one'))
      .execute();
    if (changed.length === 0)
      throw new StorageFault('request', `there is no round ${id}`, 'name one that was stored');
  });
}
