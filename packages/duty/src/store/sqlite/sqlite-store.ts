import { type Random, randomHex, systemRandom } from '@watchbill/kit';
import type { CallOptions, Store, StoreFault, StoreHealth, WatchChange } from '../port.ts';
import {
  checkKey,
  checkOpen,
  checkPrefix,
  checkTransactions,
  checkTtl,
  pageLimit,
} from '../shared/checks.ts';
import { createLeases, type Leases } from '../shared/leases.ts';
import { createWatchers, failedWatch, type Watchers } from '../shared/watchers.ts';
import { type Joined, openSqliteFile, raise, type SqliteFile, type SqliteFileOptions } from './file.ts';
import type { Work } from './job.ts';
import { openRecordTable, RECORD_LAYOUT } from './record-table.ts';
import { listRecords, livingValue, runTransactions } from './records.ts';
import type { RecordTable } from './remembered.ts';
import { sqliteFault } from './sqlite-faults.ts';
import type { Changes } from './writer.ts';

/** See {@link SqliteFileOptions}. */
export interface SqliteStoreOptions extends Omit<SqliteFileOptions, 'kind' | 'layout'> {
  /** For the ids of leases. */
  readonly random?: Random;
}

const KIND = 'sqlite';

interface Parts {
  readonly file: SqliteFile;
  readonly records: Joined<RecordTable, RecordChanges>;
  readonly random: Random;
  readonly leases: Leases;
  readonly watchers: Watchers;
}

/**
 * The port over one SQLite file: durable on return, for one process. Rejects with a StoreFault: `locked` if
 * another process holds the file, `damaged` for another version or a file that is not a database, `full` if
 * it cannot be written.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const file = openSqliteFile({ ...options, kind: KIND, layout: RECORD_LAYOUT });
  const store = createSqliteStore(file, options);
  return { ...store, close: () => store.close().finally(file.close) };
}

/**
 * The port over a file that has the table of records beside others. Its transactions take work `along`.
 * Closing the store leaves the file open.
 *
 * A lease lives in the memory of the process that holds the file, and ends with it: the next holder sees no
 * record of it. A lease that one process granted is never one of another, since no two hold the file.
 */
export function createSqliteStore(
  file: SqliteFile,
  { clock, random = systemRandom() }: Pick<SqliteStoreOptions, 'clock' | 'random'>,
): Store {
  const watchers = createWatchers();
  const ignored = () => {};
  // If a removal fails, the leases' own timer tries again.
  const leases = createLeases(clock, () => void file.submit(removal(ignored), undefined).catch(ignored));
  const records = file.join({
    open: (db) => {
      const table = openRecordTable(db);
      // The holder of the file granted no other lease than its own, so every other one is of a process that
      // has ended. Its records are hidden at once, and removed with the next write.
      for (const id of table.leases()) if (!leases.alive(id)) leases.add(id, 0);
      return table;
    },
    begin: (table) => beginChanges(table, leases, watchers),
  });
  return createStore({ file, records, random, leases, watchers });
}

/** The changes of a group, for watchers. A group first removes the records of ended leases. */
interface RecordChanges extends Changes {
  readonly list: WatchChange[];
}

function beginChanges(table: RecordTable, leases: Leases, watchers: Watchers): RecordChanges {
  const list: WatchChange[] = [];
  const dead = leases.dead();
  for (const id of dead) for (const key of table.removeLeased(id)) list.push({ key, value: null });
  return {
    list,
    finish: () => {},
    ended: (how) => {
      if (how === 'undone') table.undone();
      if (how === 'doubted') watchers.resync();
      if (how !== 'kept') return;
      for (const id of dead) leases.drop(id);
      watchers.changed(list);
    },
  };
}

/** Every group first removes the records of ended leases, so this work has nothing left to do. */
function removal(uncertain: (cause: StoreFault) => void): Work<void> {
  return { size: 1, run: () => {}, uncertain };
}

function createStore(parts: Parts): Store {
  const { file, records, leases, watchers } = parts;
  let closed = false;
  const begin = (call?: CallOptions) => checkOpen(KIND, closed, call);

  function reading<T>(read: (table: RecordTable) => T): T {
    try {
      return read(records.use());
    } catch (error) {
      throw sqliteFault(error, file.path, 'reading');
    }
  }

  return {
    kind: KIND,
    // A read runs within one turn of the event loop, between two groups: it sees only committed groups.
    read: async (keys, call) => {
      begin(call);
      keys.forEach(checkKey);
      return reading((table) => keys.map((key) => livingValue(table.get(key), leases)));
    },
    list: async (prefix, page, call) => {
      begin(call);
      checkPrefix(prefix);
      const limit = pageLimit(page);
      return reading((table) => listRecords(table, leases, prefix, page?.after, limit));
    },
    transact: async (transactions, call) => {
      begin(call);
      checkTransactions(transactions);
      if (transactions.length === 0) return [];
      const work = {
        size: transactions.length,
        run: () => runTransactions(records.last(), leases, transactions, records.changes().list),
        // Also for conflicts and pure compares: their answers may rest on uncertain writes.
        uncertain: (cause: StoreFault) => transactions.map(() => ({ outcome: 'ambiguous' as const, cause })),
      };
      return file.submit(work, call);
    },
    watch: (prefix, handlers) => {
      try {
        begin();
        checkPrefix(prefix);
        return watchers.watch(prefix, handlers);
      } catch (error) {
        return failedWatch(sqliteFault(error, file.path, 'watching'));
      }
    },
    ...leaseCalls(parts, begin),
    health: () => (closed ? Promise.resolve(unhealthy('the sqlite store is closed')) : probe(file)),
    close: async () => {
      if (closed) return;
      closed = true;
      leases.close();
      watchers.close();
    },
  };
}

function leaseCalls(
  { file, leases, random }: Parts,
  begin: (call?: CallOptions) => void,
): Pick<Store, 'grantLease' | 'keepLeaseAlive' | 'revokeLease'> {
  return {
    grantLease: async (ttlMs, call) => {
      begin(call);
      checkTtl(ttlMs);
      file.check();
      const id = randomHex(random, 8);
      leases.add(id, ttlMs);
      return { id, ttlMs };
    },
    keepLeaseAlive: async (id, call) => {
      begin(call);
      file.check();
      return leases.keepAlive(id) ? 'alive' : 'expired';
    },
    revokeLease: async (id, call) => {
      begin(call);
      leases.end(id);
      await file.submit(removal(raise), call);
    },
  };
}

async function probe(file: SqliteFile): Promise<StoreHealth> {
  try {
    await file.probe();
    return { ...unhealthy(`${file.path} is open and takes writes`), ok: true };
  } catch (error) {
    const fault = sqliteFault(error, file.path, 'checking');
    return unhealthy(`${fault.message}; ${fault.remedy}`);
  }
}

function unhealthy(detail: string): StoreHealth {
  return { ok: false, detail, members: [], quorumMargin: null, term: null };
}
