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

/** SQLite as Node has it built in, for kysely: one connection, whose users kysely lets in one after another. */
export function nodeSqliteDialect(db: DatabaseSync): Dialect {
  const connection = connectionOf(db);
  return {
    createAdapter: () => new WholeDdl(),
    createDriver: () => driverOf(db, connection),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite changes tables inside transactions as anything else; the adapter of kysely does not say so. */
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
    // A writer takes its turn at the beginning: one that began as a reader could be refused in the middle.
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

/** More than there are questions; those that name many values are all different and push each other out. */
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

/** Whole numbers as numbers where they are exact, and as bigint where not. */
function withNumbers(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? exact(value) : value]),
  );
}

/** A number where it is exact. */
export function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
