const WHOLE = 1_000_000_000n;

/**
 * How a runtime divides the payout of a validator:
 * - `first`: page 0 pays the part for its own stake, each page pays a part of its commission, and every part
 *   is rounded to the nearest;
 * - `pages`: each page pays a part of everything that the validator gets, every part is rounded down, and
 *   nominators share the rest.
 */
export type PayoutRule = 'first' | 'pages';

/** The inputs for the payout of one page. Amounts in planck, commission in parts of 10^9. */
export interface PageBasis {
  /** The reward of the era for all validators and their nominators. */
  readonly eraReward: bigint;
  /** Points of the validator, and of the whole era. */
  readonly points: bigint;
  readonly totalPoints: bigint;
  readonly commissionPerbill: bigint;
  /** The whole exposure of the validator, and its own stake in it. */
  readonly total: bigint;
  readonly own: bigint;
  /** From 0. Page 0 has the own stake. */
  readonly page: number;
  /** The stake of the nominators of this page: total and individual. */
  readonly nominated: bigint;
  readonly nominators: readonly bigint[];
}

/** The amounts that a page pays, in planck; nominators in the order of the basis. */
export interface PageParts {
  readonly validator: bigint;
  readonly nominators: readonly bigint[];
}

/**
 * The total that a page pays, in planck: the sum of {@link pageParts}. A nominator with the payee `None` is
 * not paid its part. A self-stake incentive, which newer runtimes pay separately, is not included.
 */
export function pageAmount(basis: PageBasis, rule: PayoutRule): bigint {
  const { validator, nominators } = pageParts(basis, rule);
  return nominators.reduce((sum, part) => sum + part, validator);
}

/**
 * The runtime's own arithmetic, rounding included. `first`: `do_payout_stakers_by_page` of `pallet-staking`,
 * and of `pallet-staking-async` until 2026. `pages`: the same of `pallet-staking-async` since rewards are
 * paid from pots (polkadot-sdk pull requests 11616 and 11651), with its `DefaultStakerRewardCalculator`.
 * Shares are `Perbill` of `sp-arithmetic`.
 */
export function pageParts(basis: PageBasis, rule: PayoutRule): PageParts {
  return rule === 'first' ? partsWithFirst(basis) : partsByPages(basis);
}

function partsWithFirst(basis: PageBasis): PageParts {
  const { commissionPerbill, total, own, page, nominators } = basis;
  const whole = nearest(shareOf(basis.points, basis.totalPoints), basis.eraReward);
  const commission = nearest(commissionPerbill, whole);
  const rest = whole - commission;
  const ownHere = page === 0 ? own : 0n;
  return {
    validator: nearest(shareOf(ownHere, total), rest) + nearest(pageShare(basis), commission),
    nominators: nominators.map((value) => nearest(shareOf(value, total), rest)),
  };
}

function partsByPages(basis: PageBasis): PageParts {
  const { commissionPerbill, total, own, nominators } = basis;
  const whole = down(shareOf(basis.points, basis.totalPoints), basis.eraReward);
  const commission = down(commissionPerbill, whole);
  const forOwn = down(shareOf(own, total), whole - commission);
  const rest = whole - commission - forOwn;
  return {
    validator: down(pageShare(basis), commission + forOwn),
    // The share of the nominators, divided by stake among nominators, not by the whole exposure.
    nominators: nominators.map((value) => down(shareOf(value, total - own), rest)),
  };
}

/** The stake of the page as a part of the whole exposure. */
function pageShare({ page, own, nominated, total }: PageBasis): bigint {
  return shareOf((page === 0 ? own : 0n) + nominated, total);
}

/** Parts of 10^9, rounded down; the whole if the divisor is 0. */
function shareOf(part: bigint, all: bigint): bigint {
  return all === 0n || part > all ? WHOLE : (part * WHOLE) / all;
}

/** Rounded to the nearest, a half down. */
function nearest(share: bigint, amount: bigint): bigint {
  const product = amount * share;
  return product / WHOLE + (product % WHOLE > WHOLE / 2n ? 1n : 0n);
}

function down(share: bigint, amount: bigint): bigint {
  return (amount * share) / WHOLE;
}
