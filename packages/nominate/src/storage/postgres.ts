import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Engine } from './engine.ts';
import { migrate } from './migrate.ts';
import { StorageFault } from './port.ts';
import { exact } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

export interface PostgresLimits {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
}

export const POSTGRES_LIMITS: PostgresLimits = {
  connections: 8,
  connectTimeoutMs: 5_000,
  answerTimeoutMs: 30_000,
};

const WHOLE = pg.types.builtins.INT8;

/** Connects, and migrates the tables to this release. */
export async function openPostgres(
  url: string,
  nowMs: () => number,
  { connections, connectTimeoutMs, answerTimeoutMs }: PostgresLimits,
): Promise<Engine> {
  const pool = new pg.Pool({
    connectionString: checked(url),
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    statement_timeout: answerTimeoutMs,
    idle_in_transaction_session_timeout: answerTimeoutMs,
    keepAlive: true,
    application_name: 'watchbill nominate',
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // An idle connection that breaks leaves the pool by itself; the next query gets another.
  pool.on('error', () => undefined);
  // A connection that breaks during a query rejects that query, so this event needs no action.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db, 'postgres');
    return { kind: 'postgres', db, nowMs };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === WHOLE && format !== 'binary') return (text: string) => exact(BigInt(text));
  return pg.types.getTypeParser(oid, format);
}

/** The address, or a fault that does not repeat it. */
function checked(url: string): string {
  const isAddress = URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
  if (isAddress) return url;
  throw new StorageFault(
    'refused',
    'the address of the database is invalid',
    'write postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  );
}
