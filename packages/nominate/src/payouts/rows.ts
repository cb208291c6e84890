import type { Claims } from '../chain/index.ts';
import type { Fact } from '../facts/fact.ts';
import type { PayoutRow } from '../storage/port.ts';

/**
 * One row per page of each payout, as the state of the chain has it. What could not be read gives no row, so that the one before
 * stands; the history depth says when a page expires, and without it none is given.
 */
export function payoutRowsOf(claims: Claims, historyDepth: Fact<number>): readonly PayoutRow[] {
  if (!historyDepth.known) return [];
  const depth = historyDepth.value;
  return [...claims].flatMap(([stashKey, fact]) =>
    (fact.known ? fact.value : []).flatMap(({ era, pages, claimed }) =>
      Array.from({ length: pages }, (_, page): PayoutRow => {
        const state = claimed.includes(page) ? 'claimed' : 'unclaimed';
        // The last era that is paid is the current one less the depth.
        return { stashKey, era, page, state, amount: null, amountWhy: null, expiresEra: era + depth + 1 };
      }),
    ),
  );
}
