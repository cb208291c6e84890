import { type Fact, known, unknown } from '../facts/fact.ts';
import type { PayoutRule } from './page-amount.ts';

const FROM = 'staking';
/**
 * Storage items of runtimes that pay rewards from pots and have a self-stake incentive; one release
 * introduced both.
 */
const MARKS = ['DisableMintingGuard', 'ErasValidatorIncentiveWeight'] as const;

/**
 * The payout rule of a runtime, from the storage items of its pallet `Staking`, never from a version. A
 * runtime with only one of the marks gives unknown, because no known release has just one. Metadata does not
 * show whether a runtime replaces the calculator of the pallet. Source: polkadot-sdk pull requests 11616 and
 * 11651.
 */
export function payoutRule(has: (item: string) => boolean): Fact<PayoutRule> {
  const [present, absent] = [MARKS.filter((item) => has(item)), MARKS.filter((item) => !has(item))];
  if (present.length === 0) return known('first', FROM);
  if (absent.length === 0) return known('pages', FROM);
  return unknown(
    `the runtime has Staking.${present.join(', ')} without ${absent.join(', ')}: it is not known how it divides a payout`,
    FROM,
  );
}
