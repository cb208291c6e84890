import type { NoteReason } from '../../transactions/machine/effects.ts';
import type { ShownState } from '../../transactions/state.ts';
import type { IntentQueries, IntentRow, JournalLine } from '../../transactions/store/port.ts';
import { type Engine, transact } from '../engine.ts';
import type { Tables } from '../tables.ts';

/** The most lines and rows of one query. */
const MOST_ROWS = 10_000;

export function intentQueries(engine: Engine): IntentQueries {
  const { db } = engine;
  return {
    list: async ({ open, nominator, limit }) => {
      let found = db.selectFrom('intents').selectAll();
      if (open !== undefined) found = found.where('is_open', '=', Number(open));
      if (nominator !== undefined) found = found.where('nominator', '=', nominator);
      const rows = await found.orderBy('place', 'desc').limit(Math.min(limit, MOST_ROWS)).execute();
      return rows.map(rowOf);
    },
    journal: async (id) => {
      const rows = await db
        .selectFrom('journal')
        .selectAll()
        .where('intent', '=', id)
        .orderBy('place')
        .limit(MOST_ROWS)
        .execute();
      return rows.map(lineOf);
    },
    flights: (id) =>
      db
        .selectFrom('flights')
        .select(['number', 'leg', 'account', 'nonce', 'hash', 'outcome'])
        .where('intent', '=', id)
        .orderBy('number')
        .execute(),
    journalOfRound: async (round) => {
      const rows = await db
        .selectFrom('journal')
        .innerJoin('intents', 'intents.id', 'journal.intent')
        .selectAll('journal')
        .select('intents.nominator')
        .where('intents.round', '=', round)
        .where('journal.extrinsic', 'is not', null)
        .orderBy('journal.place')
        .limit(MOST_ROWS)
        .execute();
      return rows.map((row) => ({ ...lineOf(row), nominator: row.nominator }));
    },
    prune: (keepEnded) =>
      transact(engine, async (tx) => {
        const newest = tx
          .selectFrom('intents')
          .select('place')
          .where('is_open', '=', 0)
          .orderBy('place', 'desc')
          .limit(keepEnded);
        const { numDeletedRows } = await tx
          .deleteFrom('intents')
          .where('is_open', '=', 0)
          .where('place', 'not in', newest)
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

type Found = Omit<Tables['intents'], 'place' | 'body' | 'revision'>;

function rowOf(row: Found): IntentRow {
  const { id, nominator, signer, era, round, state, reason, made_ms: madeMs, changed_ms: changedMs } = row;
  return { id, nominator, signer, era, round, state: state as ShownState, reason, madeMs, changedMs };
}

function lineOf(row: Omit<Tables['journal'], 'place' | 'revision'>): JournalLine {
  return {
    intent: row.intent,
    from: row.from_state as ShownState,
    to: row.to_state as ShownState,
    height: BigInt(row.height),
    reason: row.reason as NoteReason,
    detail: row.detail,
    extrinsic: row.extrinsic,
    block: row.block,
    atMs: row.at_ms,
  };
}
