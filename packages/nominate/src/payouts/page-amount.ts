const WHOLE = 1_000_000_000n;

/** What the payout of one page follows from. Amounts in planck, commission in parts of 10^9. */
export interface PageBasis {
  /** What the era gives to all validators and their nominators. */
  readonly eraReward: bigint;
  /** Of the validator, and of all of the era. */
  readonly points: bigint;
  readonly totalPoints: bigint;
  readonly commissionPerbill: bigint;
  /** The whole exposure of the validator. */
  readonly total: bigint;
  /** The validator's own stake: it is paid with page 0, and 0 in all others. */
  readonly own: bigint;
  /** The stake of the nominators of this page, together and one by one. */
  readonly nominated: bigint;
  readonly nominators: readonly bigint[];
}

/**
 * What a page pays, in planck: the validator's part and its share of the commission, and the part of each nominator of the page. The
 * runtime's own arithmetic, rounding included (`pallet-staking`, `do_payout_stakers_by_page`; `sp-arithmetic`, `Perbill`). Whoever wants
 * no reward (payee `None`) is not paid its part; an incentive for self-stake, which newer runtimes pay apart, is not in it.
 */
export function pageAmount(basis: PageBasis): bigint {
  const { eraReward, points, totalPoints, commissionPerbill, total, own, nominated, nominators } = basis;
  const whole = times(shareOf(points, totalPoints), eraReward);
  const commission = times(commissionPerbill, whole);
  const rest = whole - commission;
  const validator = times(shareOf(own, total), rest) + times(shareOf(own + nominated, total), commission);
  return nominators.reduce((sum, value) => sum + times(shareOf(value, total), rest), validator);
}

/** Parts of 10^9, rounded down; the whole where there is nothing to divide by. */
function shareOf(part: bigint, all: bigint): bigint {
  return all === 0n || part > all ? WHOLE : (part * WHOLE) / all;
}

/** Rounded to the nearest, a half down. */
function times(share: bigint, amount: bigint): bigint {
  const product = amount * share;
  return product / WHOLE + (product % WHOLE > WHOLE / 2n ? 1n : 0n);
}
