import type { Kysely } from 'kysely';
import { cursorAfter, readPage } from '../cursor.ts';
import { type Engine, inParts, transact } from '../engine.ts';
import type { PageOf, PageRequest, PayoutRow, ProgrammeStore } from '../port.ts';
import type { Tables } from '../tables.ts';

const LIST = 'payouts unclaimed';

export function payoutRows(engine: Engine): ProgrammeStore['payouts'] {
  const { db } = engine;
  return {
    put: (rows) =>
      transact(engine, async (tx) => {
        for (const part of inParts(rows))
          await tx
            .insertInto('payouts')
            .values(part.map(stored))
            .onConflict((conflict) =>
              conflict.columns(['stash_key', 'era', 'page']).doUpdateSet(({ ref }) => ({
                state: ref('excluded.state'),
                amount: ref('excluded.amount'),
                expires_era: ref('excluded.expires_era'),
              })),
            )
            .execute();
      }),
    of: async (stashKey, limit) => {
      const rows = await db
        .selectFrom('payouts')
        .selectAll()
        .where('stash_key', '=', stashKey)
        .orderBy('era', 'desc')
        .orderBy('page')
        .limit(limit)
        .execute();
      return rows.map(shown);
    },
    unclaimed: (page) => unclaimed(db, page),
  };
}

function stored({ stashKey, era, page, state, amount, expiresEra }: PayoutRow): Tables['payouts'] {
  return {
    stash_key: stashKey,
    era,
    page,
    state,
    amount: amount === null ? null : String(amount),
    expires_era: expiresEra,
  };
}

function shown({ stash_key, era, page, state, amount, expires_era }: Tables['payouts']): PayoutRow {
  return {
    stashKey: stash_key,
    era,
    page,
    state: state === 'claimed' ? 'claimed' : 'unclaimed',
    amount: amount === null ? null : BigInt(amount),
    expiresEra: expires_era,
  };
}

/** Those that expire first stand first. */
async function unclaimed(db: Kysely<Tables>, page: PageRequest): Promise<PageOf<PayoutRow>> {
  const from = readPage(LIST, page, [0, '', 0, 0] as const);
  const found = db.selectFrom('payouts').where('state', '=', 'unclaimed');
  const { total } = await found
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  let part = found.selectAll();
  if (from !== null)
    part = part.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('expires_era', 'stash_key', 'era', 'page'), '>', tuple(from[0], from[1], from[2], from[3])),
    );
  const rows = await part
    .orderBy('expires_era')
    .orderBy('stash_key')
    .orderBy('era')
    .orderBy('page')
    .limit(page.limit + 1)
    .execute();
  const shownRows = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shownRows.at(-1) : undefined;
  return {
    rows: shownRows.map(shown),
    total: Number(total),
    next:
      last === undefined ? null : cursorAfter(LIST, [last.expires_era, last.stash_key, last.era, last.page]),
  };
}
