import { sql } from 'kysely';
import type { Engine } from './engine.ts';
import { guarded, storageFault } from './faults.ts';
import { intentRows } from './intents/intents.ts';
import { intentQueries } from './intents/queries.ts';
import type { ProgrammeStore } from './port.ts';
import { openPostgres, POSTGRES_LIMITS, type PostgresLimits } from './postgres.ts';
import { historyRows } from './rows/history.ts';
import { payoutRows } from './rows/payouts.ts';
import { pointsRows } from './rows/points.ts';
import { pruneRows } from './rows/prune.ts';
import { roundRows } from './rows/rounds.ts';
import { smallRows } from './rows/small.ts';
import { snapshotRows } from './rows/snapshots.ts';
import { standingRows } from './rows/standings.ts';
import { jobRows, noticeRows } from './rows/work.ts';
import { openSqlite } from './sqlite.ts';

/** The database: a file of SQLite (`:memory:` for a temporary one), or the address of PostgreSQL. */
export type StoreSetting =
  | { readonly file: string }
  | { readonly url: string; readonly limits?: Partial<PostgresLimits> };

/** Opens the database of a programme and migrates it to this release. Rejects with a {@link StorageFault}. */
export async function openProgrammeStore(
  setting: StoreSetting,
  nowMs: () => number,
): Promise<ProgrammeStore> {
  try {
    const engine =
      'file' in setting
        ? await openSqlite(setting.file, nowMs)
        : await openPostgres(setting.url, nowMs, { ...POSTGRES_LIMITS, ...setting.limits });
    return storeOf(engine);
  } catch (error) {
    throw storageFault(error);
  }
}

/** The store over an open, migrated database. */
export function storeOf(engine: Engine): ProgrammeStore {
  const small = smallRows(engine);
  return {
    snapshots: guarded(snapshotRows(engine)),
    standings: guarded(standingRows(engine)),
    rounds: guarded(roundRows(engine)),
    history: guarded(historyRows(engine)),
    points: guarded(pointsRows(engine)),
    payouts: guarded(payoutRows(engine)),
    releases: guarded(small.releases),
    places: guarded(small.places),
    notes: guarded(small.notes),
    jobs: guarded(jobRows(engine)),
    notices: guarded(noticeRows(engine)),
    leases: guarded(small.leases),
    intents: guarded({ ...intentRows(engine), ...intentQueries(engine) }),
    ...guarded({
      prune: (bounds: Parameters<ProgrammeStore['prune']>[0]) => pruneRows(engine, bounds),
      ping: async () => {
        await sql`select 1`.execute(engine.db);
      },
      close: () => engine.db.destroy(),
    }),
  };
}
