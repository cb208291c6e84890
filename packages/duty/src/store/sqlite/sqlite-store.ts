import { resolve } from 'node:path';
import { type Clock, type Random, randomHex, systemRandom } from '@watchbill/kit';
import {
  checkKey,
  checkOpen,
  checkPrefix,
  checkTransactions,
  checkTtl,
  pageLimit,
} from '../memory/checks.ts';
import { createLeases, type Leases } from '../memory/leases.ts';
import { createWatchers, failedWatch, type Watchers } from '../memory/watchers.ts';
import type { CallOptions, Store, StoreFault, StoreHealth, WatchChange } from '../port.ts';
import { type Connection, createConnection } from './connection.ts';
import type { Database } from './database.ts';
import type { Work } from './job.ts';
import { listRecords, readRecord, runTransactions } from './records.ts';
import { sqliteFault } from './sqlite-faults.ts';
import { type CommitHook, createWriter, type Writer } from './writer.ts';

export interface SqliteStoreOptions {
  /** The database file; created if it is absent. Two files beside it (`-wal`, `-journal`) belong to it. */
  readonly path: string;
  /** Leases and deadlines use its monotonic time. */
  readonly clock: Clock;
  /** For the ids of leases. */
  readonly random?: Random;
  /**
   * Transactions that may wait for the disk before the store refuses calls with `unavailable`. Default
   * 10,000.
   */
  readonly maxQueued?: number;
  /** Transactions that share one commit at most. Default 1,024. */
  readonly maxGroup?: number;
  /** For tests: see {@link CommitHook}. */
  readonly aroundCommit?: CommitHook;
}

const KIND = 'sqlite';

interface Parts {
  readonly path: string;
  readonly random: Random;
  readonly leases: Leases;
  readonly watchers: Watchers;
  readonly connection: Connection;
  readonly writer: Writer;
}

/**
 * The port over one SQLite file: durable on return, for one process. Rejects with a StoreFault: `locked` if
 * another process holds the file, `damaged` for another version or a file that is not a database, `full` if
 * it cannot be written.
 *
 * A lease lives in the memory of the process that holds the file, and ends with it: the next holder sees no
 * record of it. A lease that one process granted is never one of another, since no two hold the file.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return createStore(createParts(options));
}

function createParts(options: SqliteStoreOptions): Parts {
  // An absolute path is never one of SQLite's special names, such as `:memory:`.
  const path = resolve(options.path);
  const watchers = createWatchers();
  const leases = createLeases(options.clock, () => {
    // If it fails, the leases' own timer tries again.
    writer
      .submit(
        removal(() => {}),
        undefined,
      )
      .catch(() => {});
  });
  const connection = createConnection(path, KIND, (db) => endStrangers(db, leases));
  const writer = createWriter({
    path,
    kind: KIND,
    connection,
    clock: options.clock,
    maxQueued: options.maxQueued ?? 10_000,
    maxGroup: options.maxGroup ?? 1_024,
    aroundCommit: options.aroundCommit ?? ((commit) => commit()),
    prepare: (db, changes) => removeDead(db, leases, changes),
    committed: watchers.changed,
    inDoubt: watchers.resync,
  });
  return { path, random: options.random ?? systemRandom(), leases, watchers, connection, writer };
}

/**
 * The holder of the file granted no other lease than its own, so every other one is of a process that has
 * ended. Its records are hidden at once, and removed with the next write.
 */
function endStrangers(db: Database, leases: Leases): void {
  for (const id of db.leases()) if (!leases.alive(id)) leases.add(id, 0);
}

function removeDead(db: Database, leases: Leases, changes: WatchChange[]): () => void {
  const dead = leases.dead();
  for (const id of dead) for (const key of db.removeLeased(id)) changes.push({ key, value: null });
  return () => {
    for (const id of dead) leases.drop(id);
  };
}

/** Every group first removes the records of ended leases, so this work has nothing left to do. */
function removal(uncertain: (cause: StoreFault) => void): Work<void> {
  return { size: 1, run: () => {}, uncertain };
}

function createStore(parts: Parts): Store {
  const { leases, watchers, connection, writer } = parts;
  let closed = false;
  const begin = (call?: CallOptions) => checkOpen(KIND, closed, call);

  function reading<T>(read: (db: Database) => T): T {
    try {
      return read(connection.use());
    } catch (error) {
      throw sqliteFault(error, parts.path, 'reading');
    }
  }

  return {
    kind: KIND,
    // A read runs within one turn of the event loop, between two groups: it sees only committed groups.
    read: async (keys, call) => {
      begin(call);
      keys.forEach(checkKey);
      return reading((db) => keys.map((key) => readRecord(db, leases, key)));
    },
    list: async (prefix, page, call) => {
      begin(call);
      checkPrefix(prefix);
      const limit = pageLimit(page);
      return reading((db) => listRecords(db, leases, prefix, page?.after, limit));
    },
    transact: async (transactions, call) => {
      begin(call);
      checkTransactions(transactions);
      if (transactions.length === 0) return [];
      const work = {
        size: transactions.length,
        run: (db: Database, changes: WatchChange[]) => runTransactions(db, leases, transactions, changes),
        // Also for conflicts and pure compares: their answers may rest on uncertain writes.
        uncertain: (cause: StoreFault) => transactions.map(() => ({ outcome: 'ambiguous' as const, cause })),
      };
      return writer.submit(work, call);
    },
    watch: (prefix, handlers) => {
      try {
        begin();
        checkPrefix(prefix);
        return watchers.watch(prefix, handlers);
      } catch (error) {
        return failedWatch(sqliteFault(error, parts.path, 'watching'));
      }
    },
    ...leaseCalls(parts, begin),
    health: () => (closed ? Promise.resolve(unhealthy('the sqlite store is closed')) : probe(parts)),
    close: async () => {
      if (closed) return;
      closed = true;
      leases.close();
      watchers.close();
      writer.close();
      connection.close();
    },
  };
}

function leaseCalls(
  { leases, writer, connection, random }: Parts,
  begin: (call?: CallOptions) => void,
): Pick<Store, 'grantLease' | 'keepLeaseAlive' | 'revokeLease'> {
  return {
    grantLease: async (ttlMs, call) => {
      begin(call);
      checkTtl(ttlMs);
      connection.use();
      const id = randomHex(random, 8);
      leases.add(id, ttlMs);
      return { id, ttlMs };
    },
    keepLeaseAlive: async (id, call) => {
      begin(call);
      connection.use();
      return leases.keepAlive(id) ? 'alive' : 'expired';
    },
    revokeLease: async (id, call) => {
      begin(call);
      leases.end(id);
      await writer.submit(removal(raise), call);
    },
  };
}

function raise(fault: StoreFault): never {
  throw fault;
}

/**
 * After a failed write the store is healthy again when a write succeeds. No other process writes, so this one
 * tries.
 */
async function probe({ path, connection, writer }: Parts): Promise<StoreHealth> {
  try {
    connection.use();
    const touch = { size: 1, run: (db: Database) => db.touch(), uncertain: raise };
    if (writer.lastFault() !== null) await writer.submit(touch, undefined);
    return { ...unhealthy(`${path} is open and takes writes`), ok: true };
  } catch (error) {
    const fault = sqliteFault(error, path, 'checking');
    return unhealthy(`${fault.message}; ${fault.remedy}`);
  }
}

function unhealthy(detail: string): StoreHealth {
  return { ok: false, detail, members: [], quorumMargin: null, term: null };
}
