import { canonicalJson, digestOfText } from '@watchbill/kit';
import type { Kysely, Transaction } from 'kysely';
import type { Earlier, Fault, FaultKind, Period } from '../../snapshot/history-shapes.ts';
import { pageOf, readPage, rowCount } from '../cursor.ts';
import { type Engine, inParts, inTurns, storable, transact } from '../engine.ts';
import type { PageOf, PageRequest, ProgrammeStore } from '../port.ts';
import type { Tables } from '../tables.ts';

const LIST = 'faults';
/** Their periods take about 5 ms to read. */
const KEYS_AT_ONCE = 20;

type Told = { readonly faults: Fault[]; readonly periods: Period[]; earlier?: Earlier };

export function historyRows(engine: Engine): ProgrammeStore['history'] {
  const { db } = engine;
  return {
    addFaults: (stashKey, faults) => transact(engine, (tx) => addFaults(tx, stashKey, faults)),
    putPeriods: (stashKey, periods) => transact(engine, (tx) => putPeriods(tx, stashKey, periods)),
    putEarlier: (stashKey, earlier) => transact(engine, (tx) => putEarlier(tx, stashKey, earlier)),
    of: (stashKeys) => of(db, stashKeys),
    faults: (page) => list(db, page),
  };
}

async function addFaults(
  tx: Transaction<Tables>,
  stashKey: string,
  faults: readonly Fault[],
): Promise<number> {
  let added = 0;
  for (const part of inParts(faults)) {
    const rows = await tx
      .insertInto('faults')
      .values(
        part.map(({ kind, era, reason, atMs, evidence }) => ({
          stash_key: stashKey,
          kind,
          era,
          reason: storable(reason),
          reason_digest: digestOfText(reason),
          at_ms: atMs,
          evidence: canonicalJson(evidence),
        })),
      )
      .onConflict((conflict) => conflict.columns(['stash_key', 'kind', 'era', 'reason_digest']).doNothing())
      .returning('place')
      .execute();
    added += rows.length;
  }
  return added;
}

async function putPeriods(
  tx: Transaction<Tables>,
  stashKey: string,
  periods: readonly Period[],
): Promise<void> {
  for (const part of inParts(periods))
    await tx
      .insertInto('periods')
      .values(
        part.map(({ firstEra, lastEra, activeEras, nominated }) => ({
          stash_key: stashKey,
          first_era: firstEra,
          last_era: lastEra,
          active_eras: JSON.stringify(activeEras),
          nominated: Number(nominated),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['stash_key', 'first_era']).doUpdateSet(({ ref }) => ({
          last_era: ref('excluded.last_era'),
          active_eras: ref('excluded.active_eras'),
          nominated: ref('excluded.nominated'),
        })),
      )
      .execute();
}

async function putEarlier(tx: Transaction<Tables>, stashKey: string, earlier: Earlier): Promise<void> {
  const body = canonicalJson(earlier);
  await tx
    .insertInto('earlier_periods')
    .values({ stash_key: stashKey, body })
    .onConflict((conflict) => conflict.column('stash_key').doUpdateSet({ body }))
    .execute();
  await tx
    .deleteFrom('periods')
    .where('stash_key', '=', stashKey)
    .where('last_era', '<=', earlier.untilEra)
    .execute();
}

async function of(db: Kysely<Tables>, stashKeys: readonly string[]): Promise<ReadonlyMap<string, Told>> {
  const found = new Map(stashKeys.map((key): [string, Told] => [key, { faults: [], periods: [] }]));
  for await (const part of inTurns(stashKeys, KEYS_AT_ONCE)) {
    const faults = await db
      .selectFrom('faults')
      .selectAll()
      .where('stash_key', 'in', part)
      .orderBy('at_ms')
      .orderBy('kind')
      .orderBy('reason_digest')
      .execute();
    for (const row of faults) found.get(row.stash_key)?.faults.push(faultOf(row));
    const periods = await db
      .selectFrom('periods')
      .selectAll()
      .where('stash_key', 'in', part)
      .orderBy('first_era')
      .execute();
    for (const { stash_key, first_era, last_era, active_eras, nominated } of periods)
      found.get(stash_key)?.periods.push({
        firstEra: first_era,
        lastEra: last_era,
        activeEras: JSON.parse(active_eras) as number[],
        nominated: nominated === 1,
      });
    const digests = await db
      .selectFrom('earlier_periods')
      .selectAll()
      .where('stash_key', 'in', part)
      .execute();
    for (const { stash_key, body } of digests) {
      const own = found.get(stash_key);
      if (own !== undefined) own.earlier = JSON.parse(body) as Earlier;
    }
  }
  return found;
}

type FaultRow = Pick<Tables['faults'], 'kind' | 'era' | 'at_ms' | 'reason' | 'evidence'>;

function faultOf({ kind, era, at_ms: atMs, reason, evidence }: FaultRow): Fault {
  return { kind: kind as FaultKind, era, atMs, reason, evidence: JSON.parse(evidence) as Fault['evidence'] };
}

async function list(
  db: Kysely<Tables>,
  page: PageRequest,
): Promise<PageOf<Fault & { readonly stashKey: string }>> {
  const from = readPage(LIST, page, [0, 0] as const);
  let part = db.selectFrom('faults').selectAll();
  if (from !== null)
    part = part.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('at_ms', 'place'), '<', tuple(from[0], from[1])),
    );
  const { total } = await db
    .selectFrom('faults')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await part.orderBy('at_ms', 'desc').orderBy('place', 'desc').limit(rowCount(page)).execute();
  return pageOf(
    LIST,
    page,
    { rows, total },
    ({ at_ms, place }) => [at_ms, place],
    (row) => ({ ...faultOf(row), stashKey: row.stash_key }),
  );
}
