import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';

/**
 * A kysely dialect for the built-in SQLite of Node: one connection, which kysely gives to one user at a time.
 */
export function nodeSqliteDialect(db: DatabaseSync): Dialect {
  const connection = connectionOf(db);
  return {
    createAdapter: () => new WholeDdl(),
    createDriver: () => driverOf(db, connection),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite can change tables inside transactions, but the adapter of kysely does not declare it. */
class WholeDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function driverOf(db: DatabaseSync, connection: DatabaseConnection): Driver {
  const run = async (sql: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    // A writer locks at the start: a transaction that begins as a reader could fail halfway.
    beginTransaction: (_connection, { accessMode }: TransactionSettings) =>
      run(accessMode === 'read only' ? 'BEGIN' : 'BEGIN IMMEDIATE'),
    commitTransaction: () => run('COMMIT'),
    // A full disk ends the transaction by itself.
    rollbackTransaction: async () => (db.isTransaction ? run('ROLLBACK') : undefined),
    releaseConnection: async () => undefined,
    destroy: async () => db.close(),
  };
}

function connectionOf(db: DatabaseSync): DatabaseConnection {
  const statements = statementsOf(db);
  return {
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
      const statement = statements(sql);
      const given = parameters as readonly SQLInputValue[];
      if (statement.columns().length > 0) {
        const rows = statement.all(...given).map(withNumbers) as Row[];
        return { rows, numAffectedRows: BigInt(rows.length) };
      }
      const { changes } = statement.run(...given);
      return { rows: [], numAffectedRows: BigInt(changes) };
    },
    streamQuery: () => {
      throw new Error('results are never streamed');
    },
  };
}

/**
 * More than the number of distinct queries; those with many values are all different and evict each other.
 */
const MOST_STATEMENTS = 256;

function statementsOf(db: DatabaseSync) {
  const kept = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  return (sql: string) => {
    const before = kept.get(sql);
    if (before !== undefined) return before;
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    const [oldest] = kept.keys();
    if (kept.size >= MOST_STATEMENTS && oldest !== undefined) kept.delete(oldest);
    kept.set(sql, statement);
    return statement;
  };
}

/** Whole numbers as numbers if exact, otherwise as bigint. */
function withNumbers(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? exact(value) : value]),
  );
}

/** A number if exact. */
export function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
