import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type EngineKind = 'sqlite' | 'postgres';

/** An open database, whichever it is. */
export interface Engine {
  readonly kind: EngineKind;
  readonly db: Kysely<Tables>;
  readonly nowMs: () => number;
}

export type Work<Value> = (tx: Transaction<Tables>) => Promise<Value>;

/** What PostgreSQL says where two transactions were in each other's way, and both may try again. */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];

const MOST_TRIES = 4;

/** All of it or nothing; tried again a few times where another process was in the way. */
export async function transact<Value>({ db }: Engine, work: Work<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries >= MOST_TRIES || !RACES.includes((error as { code?: unknown }).code)) throw error;
    }
  }
}

/** Fewer than an engine takes in one statement, whatever the columns. */
const ROWS_AT_ONCE = 400;

/** Parts of a list that fit into one statement each. */
export function* inParts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += ROWS_AT_ONCE) yield items.slice(at, at + ROWS_AT_ONCE);
}

/** PostgreSQL takes no NUL in a text, and neither takes half a character. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}').toWellFormed();
}
