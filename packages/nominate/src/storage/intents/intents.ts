import type { Transaction } from 'kysely';
import { type Ending, takesEra } from '../../transactions/endings.ts';
import type { Intent } from '../../transactions/intent.ts';
import { MOST_OPEN } from '../../transactions/queue.ts';
import { decodeState, encodeState, type Flight, plannedState, shownState } from '../../transactions/state.ts';
import type { Adding, Change, IntentStore, Saving, StoredIntent } from '../../transactions/store/port.ts';
import { type Engine, storable, transact } from '../engine.ts';
import type { Tables } from '../tables.ts';

/** The error of each engine for a duplicate unique key: SQLite by number, PostgreSQL by SQLSTATE. */
const SQLITE_UNIQUE = 2067;
const POSTGRES_UNIQUE = '23505';

/** Intents of a programme. Several processes may share the database. */
export function intentRows(engine: Engine): IntentStore {
  const { db, nowMs } = engine;
  return {
    load: async (id) => {
      const row = await db
        .selectFrom('intents')
        .select(['body', 'revision'])
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : storedOf(row);
    },
    open: async () => {
      const rows = await db
        .selectFrom('intents')
        .select(['body', 'revision'])
        .where('is_open', '=', 1)
        .orderBy('place')
        .execute();
      return rows.map(storedOf);
    },
    add: (intent) => transact(engine, (tx) => add(tx, intent, nowMs())),
    save: async (change) => {
      try {
        // Not retried: a duplicate unique key is an answer.
        return await db.transaction().execute((tx) => save(tx, change, nowMs()));
      } catch (error) {
        if (!isUnique(error)) throw error;
        return { ok: false, code: 'nonce-taken' };
      }
    },
  };
}

function isUnique(error: unknown): boolean {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === POSTGRES_UNIQUE || errcode === SQLITE_UNIQUE;
}

function storedOf({ body, revision }: Pick<Tables['intents'], 'body' | 'revision'>): StoredIntent {
  return { state: decodeState(body), revision };
}

async function add(tx: Transaction<Tables>, intent: Intent, atMs: number): Promise<Adding> {
  const { id, nominator, era, round, signer } = intent;
  const same = await tx
    .selectFrom('intents')
    .select('id')
    .where(({ or, and, eb }) =>
      or([eb('id', '=', id), and([eb('nominator', '=', nominator), eb('round', '=', round)])]),
    )
    .executeTakeFirst();
  if (same !== undefined) return { ok: false, code: 'exists' };
  const taken = await tx
    .selectFrom('intents')
    .select('id')
    .where('nominator', '=', nominator)
    .where('era', '=', era)
    .where('takes_era', '=', 1)
    .executeTakeFirst();
  if (taken !== undefined) return { ok: false, code: 'era-taken' };
  const { count } = await tx
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('is_open', '=', 1)
    .executeTakeFirstOrThrow();
  if (Number(count) >= MOST_OPEN) return { ok: false, code: 'too-many' };
  const common = { id, nominator, era, round, signer, made_ms: atMs, changed_ms: atMs };
  const fresh = { state: 'planned', reason: null, is_open: 1, takes_era: 1, revision: 0 };
  await tx
    .insertInto('intents')
    .values({ ...common, ...fresh, body: encodeState(plannedState(intent)) })
    .execute();
  return { ok: true };
}

async function save(
  tx: Transaction<Tables>,
  { revision, state, notes, closed }: Change,
  atMs: number,
): Promise<Saving> {
  const { intent, ending, flight } = state;
  const next = revision + 1;
  const { numUpdatedRows } = await tx
    .updateTable('intents')
    .set({
      state: shownState(state),
      reason: ending?.reason ?? null,
      is_open: ending === null ? 1 : 0,
      takes_era: hasEra(ending) ? 1 : 0,
      revision: next,
      body: encodeState(state),
      changed_ms: atMs,
    })
    .where('id', '=', intent.id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return { ok: false, code: 'changed' };
  for (const { number, outcome } of closed)
    await tx
      .updateTable('flights')
      .set({ outcome })
      .where('intent', '=', intent.id)
      .where('number', '=', number)
      .execute();
  if (flight !== null) await putFlight(tx, intent.id, flight);
  for (const { from, to, height, reason, detail, extrinsic, block } of notes) {
    const line = { intent: intent.id, revision: next, from_state: from, to_state: to, height, reason };
    await tx
      .insertInto('journal')
      .values({ ...line, detail: storable(detail), extrinsic, block, at_ms: atMs })
      .execute();
  }
  return { ok: true, revision: next };
}

async function putFlight(tx: Transaction<Tables>, intent: string, flight: Flight): Promise<void> {
  const { number, leg, account, nonce, birth, period, call, payload, bytes, hash, outcome } = flight;
  await freeNonce(tx, flight);
  await tx
    .insertInto('flights')
    .values({ intent, number, leg, account, nonce, birth, period, call, payload, bytes, hash, outcome })
    .onConflict((conflict) =>
      conflict
        .columns(['intent', 'number'])
        .doUpdateSet({ account, nonce, call, payload, bytes, hash, outcome }),
    )
    .execute();
}

/**
 * The chain removes an account that is emptied, and its nonces begin again: a landed flight whose era was
 * over when this one began does not hold the nonce any more. Its outcome then is `landed-before`.
 */
async function freeNonce(tx: Transaction<Tables>, { account, nonce, birth }: Flight): Promise<void> {
  await tx
    .updateTable('flights')
    .set({ outcome: 'landed-before' })
    .where('account', '=', account)
    .where('nonce', '=', nonce)
    .where('outcome', '=', 'landed')
    .where(({ eb }) => eb(eb('birth', '+', eb.ref('period')), '<=', birth))
    .execute();
}

/** An era has its nomination if one was included, or may have been. */
function hasEra(ending: Ending | null): boolean {
  return ending === null || ending.result === 'finalised' || takesEra(ending.reason);
}
