const WHOLE = 1_000_000_000n;

/**
 * How a runtime divides the payout of a validator:
 * - `first`: its part for its own stake is paid with page 0, its commission page by page, and every part is rounded to the nearest;
 * - `pages`: all that is the validator's is paid page by page, every part is rounded down, and nominators share what is left.
 */
export type PayoutRule = 'first' | 'pages';

/** What the payout of one page follows from. Amounts in planck, commission in parts of 10^9. */
export interface PageBasis {
  /** What the era gives to all validators and their nominators. */
  readonly eraReward: bigint;
  /** Of the validator, and of all of the era. */
  readonly points: bigint;
  readonly totalPoints: bigint;
  readonly commissionPerbill: bigint;
  /** The whole exposure of the validator, and its own stake in it. */
  readonly total: bigint;
  readonly own: bigint;
  /** From 0. Own stake stands in page 0. */
  readonly page: number;
  /** The stake of the nominators of this page, together and one by one. */
  readonly nominated: bigint;
  readonly nominators: readonly bigint[];
}

/** What a page pays to each, in planck; nominators as they stand in the basis. */
export interface PageParts {
  readonly validator: bigint;
  readonly nominators: readonly bigint[];
}

/**
 * What a page pays, in planck: the sum of {@link pageParts}. Whoever wants no reward (payee `None`) is not paid its part; an incentive for
 * self-stake, which newer runtimes pay apart, is not in it.
 */
export function pageAmount(basis: PageBasis, rule: PayoutRule): bigint {
  const { validator, nominators } = pageParts(basis, rule);
  return nominators.reduce((sum, part) => sum + part, validator);
}

/**
 * The runtime's own arithmetic, rounding included. `first`: `do_payout_stakers_by_page` of `pallet-staking`, and of `pallet-staking-async`
 * until 2026. `pages`: the same of `pallet-staking-async` since rewards are paid from pots (polkadot-sdk pull requests 11616 and 11651),
 * with its `DefaultStakerRewardCalculator`. Shares are `Perbill` of `sp-arithmetic`.
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
    // Of what all nominators get, by their stake among nominators: not of the whole exposure.
    nominators: nominators.map((value) => down(shareOf(value, total - own), rest)),
  };
}

/** The stake that stands in the page, of the whole exposure. */
function pageShare({ page, own, nominated, total }: PageBasis): bigint {
  return shareOf((page === 0 ? own : 0n) + nominated, total);
}

/** Parts of 10^9, rounded down; the whole where there is nothing to divide by. */
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
