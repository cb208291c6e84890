import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type EngineKind = 'sqlite' | 'postgres';

/** An open database of either engine. */
export interface Engine {
  readonly kind: EngineKind;
  readonly db: Kysely<Tables>;
  readonly nowMs: () => number;
}

export type Work<Value> = (tx: Transaction<Tables>) => Promise<Value>;

/** Error codes of PostgreSQL for conflicting transactions, which may be retried. */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];

const MOST_TRIES = 4;

/** Runs a transaction, and retries it a few times if another process conflicts with it. */
export async function transact<Value>({ db }: Engine, work: Work<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries >= MOST_TRIES || !RACES.includes((error as { code?: unknown }).code)) throw error;
    }
  }
}

/** Fewer than any engine accepts in one statement, for any number of columns. */
const ROWS_AT_ONCE = 400;

/** Parts of a list that fit into one statement each. */
export function* inParts<Item>(items: readonly Item[], most = ROWS_AT_ONCE): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += most) yield items.slice(at, at + most);
}

/** The same, with a turn of the event loop before each: statements of SQLite run in this thread. */
export async function* inTurns<Item>(
  items: readonly Item[],
  most = ROWS_AT_ONCE,
): AsyncGenerator<readonly Item[]> {
  for (const part of inParts(items, most)) {
    await turn();
    yield part;
  }
}

/** PostgreSQL accepts neither NUL nor a lone surrogate in a text. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}').toWellFormed();
}
