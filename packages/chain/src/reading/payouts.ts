import { countOf, memberOf, type Plain } from './plain.ts';
import type { PinnedReader } from './reader.ts';

/**
 * The item of the pallet Staking with the paid pages of an era; undefined if payouts have no pages.
 */
export function paidPagesItem(reader: Pick<PinnedReader, 'has'>): string | undefined {
  return ['ClaimedRewards', 'ErasClaimedRewards'].find((name) => reader.has('Staking', name));
}

/**
 * How many pages an era pays, from a value of `Staking.ErasStakersOverview`. A validator without nominators
 * has one page, too. Throws a ShapeFault.
 */
export function payoutPages(overview: Plain): number {
  return Math.max(1, countOf(memberOf(overview, 'page_count')));
}
