import { type Fact, known, unknown } from '../facts/fact.ts';
import type { PayoutRule } from './page-amount.ts';

const FROM = 'staking';
/** What a runtime stores since rewards are paid from pots, and since self-stake has an incentive: both came in one release. */
const MARKS = ['DisableMintingGuard', 'ErasValidatorIncentiveWeight'] as const;

/**
 * By which rule a runtime pays, from the storage items of its pallet `Staking`: never from a version. One that has but one of the marks
 * stands between the rules: unknown, since no release is known that did. That a runtime replaces the calculator of the pallet by one of its
 * own cannot be seen in metadata. Source: polkadot-sdk pull requests 11616 and 11651.
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
