import type { Kysely } from 'kysely';
import { pageOf, readPage, rowCount } from '../cursor.ts';
import { type Engine, inParts, storable, transact } from '../engine.ts';
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
              conflict.columns(['stash_key', 'era', 'page']).doUpdateSet(({ ref, fn }) => ({
                state: ref('excluded.state'),
                // A reading of the pages has no amounts.
                amount: fn.coalesce('excluded.amount', 'payouts.amount'),
                amount_why: fn.coalesce('excluded.amount_why', 'payouts.amount_why'),
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
    withoutAmount: async (era, limit) => {
      const rows = await db
        .selectFrom('payouts')
        .selectAll()
        .where('amount', 'is', null)
        .where('amount_why', 'is', null)
        .where('expires_era', '>', era)
        .orderBy('era', 'desc')
        .orderBy('stash_key')
        .orderBy('page')
        .limit(limit)
        .execute();
      return rows.map(shown);
    },
    setAmounts: (found) =>
      transact(engine, async (tx) => {
        for (const { stashKey, era, page, amount, amountWhy } of found)
          await tx
            .updateTable('payouts')
            .set({ amount: amount === null ? null : String(amount), amount_why: whyOf(amountWhy) })
            .where('stash_key', '=', stashKey)
            .where('era', '=', era)
            .where('page', '=', page)
            .execute();
      }),
    unclaimed: (page) => unclaimed(db, page),
  };
}

function whyOf(text: string | null): string | null {
  return text === null ? null : storable(text);
}

function stored({ stashKey, era, page, state, amount, amountWhy, expiresEra }: PayoutRow): Tables['payouts'] {
  return {
    stash_key: stashKey,
    era,
    page,
    state,
    amount: amount === null ? null : String(amount),
    amount_why: whyOf(amountWhy),
    expires_era: expiresEra,
  };
}

function shown({
  stash_key,
  era,
  page,
  state,
  amount,
  amount_why,
  expires_era,
}: Tables['payouts']): PayoutRow {
  return {
    stashKey: stash_key,
    era,
    page,
    state: state === 'claimed' ? 'claimed' : 'unclaimed',
    amount: amount === null ? null : BigInt(amount),
    amountWhy: amount_why,
    expiresEra: expires_era,
  };
}

/** Pages that expire first come first. */
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
    .limit(rowCount(page))
    .execute();
  const keysOf = (row: (typeof rows)[number]) => [row.expires_era, row.stash_key, row.era, row.page];
  return pageOf(LIST, page, { rows, total }, keysOf, shown);
}
