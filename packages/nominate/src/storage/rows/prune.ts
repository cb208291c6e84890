import { sql } from 'kysely';
import { type Engine, transact, type Work } from '../engine.ts';
import type { RetentionBounds } from '../port.ts';

/** Deletes rows older than the bounds, in one transaction. */
export function pruneRows(
  engine: Engine,
  bounds: RetentionBounds,
): Promise<Readonly<Record<string, number>>> {
  return transact(engine, async (tx) => ({
    snapshots: await snapshots(bounds.snapshots)(tx),
    scores: await scores(bounds.scores)(tx),
    intents: await intents(bounds.ended)(tx),
    notices: await notices(bounds.ended)(tx),
    ...(await eras(bounds.eras)(tx)),
  }));
}

const countOf = (rows: readonly { readonly numDeletedRows: bigint }[]): number =>
  rows.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);

/** The text of a snapshot is deleted with its row, unless a round was decided from it. */
function snapshots(most: number): Work<number> {
  return async (tx) => {
    const newest = tx.selectFrom('snapshots').select('digest').orderBy('seq', 'desc').limit(most);
    const inRounds = tx.selectFrom('rounds').select('snapshot');
    const gone = await tx
      .deleteFrom('snapshots')
      .where('digest', 'not in', newest)
      .where('digest', 'not in', inRounds)
      .execute();
    await tx
      .deleteFrom('texts')
      .where('kind', '=', 'snapshot')
      .where('digest', 'not in', inRounds)
      .where('digest', 'not in', tx.selectFrom('snapshots').select('digest'))
      .execute();
    return countOf(gone);
  };
}

function scores(most: number): Work<number> {
  return async (tx) => {
    const old = sql<{ readonly stash_key: string }>`delete from scores where (stash_key, snapshot) in (
      select stash_key, snapshot from (
        select stash_key, snapshot, row_number() over (partition by stash_key order by taken_ms desc, snapshot) as age from scores
      ) as aged where age > ${most})`;
    return Number((await old.execute(tx)).numAffectedRows ?? 0);
  };
}

function intents(most: number): Work<number> {
  return async (tx) => {
    const newest = tx
      .selectFrom('intents')
      .select('place')
      .where('is_open', '=', 0)
      .orderBy('place', 'desc')
      .limit(most);
    return countOf(
      await tx.deleteFrom('intents').where('is_open', '=', 0).where('place', 'not in', newest).execute(),
    );
  };
}

function notices(most: number): Work<number> {
  return async (tx) => {
    const newest = tx
      .selectFrom('notices')
      .select('key')
      .where('closed_ms', 'is not', null)
      .orderBy('closed_ms', 'desc')
      .orderBy('key')
      .limit(most);
    return countOf(
      await tx
        .deleteFrom('notices')
        .where('closed_ms', 'is not', null)
        .where('key', 'not in', newest)
        .execute(),
    );
  };
}

/** Each table separately: payouts can exist for eras without points, and the other way round. */
function eras(most: number): Work<{ readonly points: number; readonly payouts: number }> {
  return async (tx) => {
    const { last } = await tx
      .selectFrom('era_totals')
      .select(({ fn }) => fn.max('era').as('last'))
      .executeTakeFirstOrThrow();
    const { last: lastPaid } = await tx
      .selectFrom('payouts')
      .select(({ fn }) => fn.max('era').as('last'))
      .executeTakeFirstOrThrow();
    const newest = Math.max(Number(last ?? 0), Number(lastPaid ?? 0));
    const first = newest - most + 1;
    await tx.deleteFrom('era_totals').where('era', '<', first).execute();
    return {
      points: countOf(await tx.deleteFrom('era_points').where('era', '<', first).execute()),
      payouts: countOf(await tx.deleteFrom('payouts').where('era', '<', first).execute()),
    };
  };
}
