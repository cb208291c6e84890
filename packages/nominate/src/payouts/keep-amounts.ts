import { counted, shownAmount } from '@watchbill/kit';
import type { PayoutRow, ProgrammeStore } from '../storage/port.ts';
import type { PageAmount, PayoutPage } from './read-amounts.ts';

/** Pages in one run: at most about 6 MB of state. The next run reads the rest. */
const MOST_PAGES = 256;

export interface AmountParts {
  readonly store: Pick<ProgrammeStore, 'payouts'>;
  readonly world: {
    readonly chain: {
      readonly amounts: (pages: readonly PayoutPage[], signal: AbortSignal) => Promise<readonly PageAmount[]>;
    };
  };
  readonly signal: AbortSignal;
}

/**
 * Reads the amounts of pages that the state of the chain still holds in the given era and that were not read
 * before. A page is read once, because past eras do not change. Returns one sentence; if the chain cannot be
 * read, the pages wait and the sentence reports it.
 */
export async function keepAmounts({ store, world, signal }: AmountParts, activeEra: number): Promise<string> {
  const wanted = await store.payouts.withoutAmount(activeEra, MOST_PAGES);
  if (wanted.length === 0) return 'all amounts are read';
  const pages = wanted.map(({ stashKey, era, page }) => ({ stashKey, era, page }));
  let found: readonly PageAmount[];
  try {
    found = await world.chain.amounts(pages, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : 'a fault';
    return `${counted(wanted.length, 'amount')} could not be read: ${why}`;
  }
  await store.payouts.setAmounts(
    found.map(({ amount, ...page }) => ({
      ...page,
      amount: amount.known ? amount.value : null,
      amountWhy: amount.known ? null : amount.reason,
    })),
  );
  const missing = found.filter(({ amount }) => !amount.known).length;
  return `${counted(found.length - missing, 'amount was', 'amounts were')} read${missing === 0 ? '' : `, ${missing} cannot be known`}`;
}

/** The total amount of pages, for display. Unknown amounts are named and not counted. */
export function shownWorth(
  rows: readonly Pick<PayoutRow, 'amount'>[],
  network: Parameters<typeof shownAmount>[1],
): string {
  const amounts = rows.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const missing = rows.length - amounts.length;
  const sum = shownAmount(
    amounts.reduce((total, amount) => total + amount, 0n),
    network,
  );
  if (missing === 0) return sum;
  return amounts.length === 0 ? 'of unknown worth' : `${sum}, and ${missing} of unknown worth`;
}
