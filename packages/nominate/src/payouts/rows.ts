import type { Claims } from '../chain/index.ts';
import type { Fact } from '../facts/fact.ts';
import type { PayoutRow } from '../storage/port.ts';

/**
 * One row per page of each payout, from the state of the chain. Unreadable payouts give no row, so that the
 * earlier row stays. The history depth determines when a page expires; without it no expiry is given.
 */
export function payoutRowsOf(claims: Claims, historyDepth: Fact<number>): readonly PayoutRow[] {
  if (!historyDepth.known) return [];
  const depth = historyDepth.value;
  return [...claims].flatMap(([stashKey, fact]) =>
    (fact.known ? fact.value : []).flatMap(({ era, pages, claimed }) =>
      Array.from({ length: pages }, (_, page): PayoutRow => {
        const state = claimed.includes(page) ? 'claimed' : 'unclaimed';
        // The last era that can be paid is the current one minus the depth.
        return { stashKey, era, page, state, amount: null, amountWhy: null, expiresEra: era + depth + 1 };
      }),
    ),
  );
}
