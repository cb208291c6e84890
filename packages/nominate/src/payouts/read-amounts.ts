import {
  bigOf,
  bytes32Of,
  countOf,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
} from '@watchbill/chain/reading';
import { factOfReading } from '../chain/roles/fact-of-reading.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { type PageBasis, type PayoutRule, pageAmount } from './page-amount.ts';
import { payoutRule } from './payout-rule.ts';

/** One page of the payout of a validator for an era. */
export interface PayoutPage {
  readonly stashKey: string;
  readonly era: number;
  readonly page: number;
}

/** The amount that it pays or paid, in planck; unknown with the reason. */
export interface PageAmount extends PayoutPage {
  readonly amount: Fact<bigint>;
}

const POINTS_BYTES = 28_000;
/** A page has up to 512 nominators. */
const PAGE_BYTES = 25_000;
const FROM = 'staking';

/**
 * The amounts of payout pages, from the exposures, points, preferences and rewards that the state still
 * holds, by the rule of the block's runtime. The result is the same before and after a claim. All pages share
 * a few calls. Rejects as the reader does.
 */
export async function readAmounts(
  reader: PinnedReader,
  pages: readonly PayoutPage[],
): Promise<readonly PageAmount[]> {
  if (pages.length === 0) return [];
  const rule = payoutRule((item) => reader.has('Staking', item));
  if (!rule.known) return pages.map((page) => ({ ...page, amount: rule }));
  const eras = [...new Set(pages.map(({ era }) => era))];
  const ofEra = eras.map((era) => [era]);
  const ofStash = pages.map(({ era, stashKey }) => [era, stashKey]);
  const hasPages = reader.has('Staking', 'ErasStakersOverview');
  // Runtimes without pages, and eras from before pages, keep the paid nominators in one record.
  const hasWhole = reader.has('Staking', 'ErasStakersClipped');
  const [rewards = [], points = [], prefs = [], overviews = [], paged = [], wholes = []] = await reader.read([
    { pallet: 'Staking', item: 'ErasValidatorReward', keys: ofEra, valueBytes: 16 },
    { pallet: 'Staking', item: 'ErasRewardPoints', keys: ofEra, valueBytes: POINTS_BYTES },
    { pallet: 'Staking', item: 'ErasValidatorPrefs', keys: ofStash, valueBytes: 6 },
    { pallet: 'Staking', item: 'ErasStakersOverview', keys: hasPages ? ofStash : [], valueBytes: 42 },
    {
      pallet: 'Staking',
      item: 'ErasStakersPaged',
      keys: hasPages ? pages.map(({ era, stashKey, page }) => [era, stashKey, page]) : [],
      valueBytes: PAGE_BYTES,
    },
    {
      pallet: 'Staking',
      item: 'ErasStakersClipped',
      keys: hasWhole ? ofStash : [],
      valueBytes: PAGE_BYTES,
    },
  ]);
  return pages.map((page, index): PageAmount => {
    const at = eras.indexOf(page.era);
    const amount = amountOf(page, rule.value, {
      reward: rewards[at],
      points: points[at],
      prefs: prefs[index],
      overview: overviews[index],
      paged: paged[index],
      whole: wholes[index],
    });
    return { ...page, amount };
  });
}

interface PageReadings {
  readonly reward: Reading | undefined;
  readonly points: Reading | undefined;
  readonly prefs: Reading | undefined;
  readonly overview: Reading | undefined;
  readonly paged: Reading | undefined;
  readonly whole: Reading | undefined;
}

type Exposure = Pick<PageBasis, 'total' | 'own' | 'nominated' | 'nominators'>;

function amountOf(page: PayoutPage, rule: PayoutRule, readings: PageReadings): Fact<bigint> {
  const { era, stashKey } = page;
  const reward = factOfReading(readings.reward, FROM, 'Staking.ErasValidatorReward', {
    take: bigOf,
    empty: { unknown: `the chain has no reward for era ${era}` },
  });
  const points = factOfReading(readings.points, FROM, 'Staking.ErasRewardPoints', {
    take: (value) => pointsIn(value, stashKey),
    empty: { unknown: `the chain has no points for era ${era}` },
  });
  const commissionPerbill = factOfReading(readings.prefs, FROM, 'Staking.ErasValidatorPrefs', {
    take: (value) => BigInt(countOf(memberOf(value, 'commission'))),
    // As in the runtime: without stored preferences, the commission is 0.
    empty: { value: 0n },
  });
  const exposure = exposureOf(page, readings);
  if (!reward.known) return reward;
  if (!points.known) return points;
  if (!commissionPerbill.known) return commissionPerbill;
  if (!exposure.known) return exposure;
  const basis = { eraReward: reward.value, commissionPerbill: commissionPerbill.value, page: page.page };
  return known(pageAmount({ ...basis, ...points.value, ...exposure.value }, rule), FROM);
}

function pointsIn(value: Plain, stashKey: string): Pick<PageBasis, 'points' | 'totalPoints'> {
  const own = listOf(memberOf(value, 'individual')).find((pair) => bytes32Of(listOf(pair)[0]) === stashKey);
  return {
    points: own === undefined ? 0n : BigInt(countOf(listOf(own)[1])),
    totalPoints: BigInt(countOf(memberOf(value, 'total'))),
  };
}

function exposureOf({ era, page }: PayoutPage, { overview, paged, whole }: PageReadings): Fact<Exposure> {
  if (overview?.result !== 'value') return wholeOf(era, page, overview, whole);
  const head = factOfReading(overview, FROM, 'Staking.ErasStakersOverview', {
    take: (value) => ({ total: bigOf(memberOf(value, 'total')), own: bigOf(memberOf(value, 'own')) }),
    empty: { unknown: 'its exposure is gone' },
  });
  if (!head.known) return head;
  const nominators = factOfReading(paged, FROM, 'Staking.ErasStakersPaged', {
    take: (value) => ({
      nominated: bigOf(memberOf(value, 'page_total')),
      nominators: valuesOf(memberOf(value, 'others')),
    }),
    // A validator without nominators has one page, which is not stored.
    empty:
      page === 0 && head.value.total === head.value.own
        ? { value: { nominated: 0n, nominators: [] } }
        : { unknown: 'a page of its exposure is missing' },
  });
  if (!nominators.known) return nominators;
  return known({ ...head.value, ...nominators.value }, FROM);
}

/** Without an overview there is one page, in the old record. */
function wholeOf(
  era: number,
  page: number,
  overview: Reading | undefined,
  whole: Reading | undefined,
): Fact<Exposure> {
  if (overview?.result === 'unknown') return unknown(overview.why, FROM);
  const none = `the chain has no exposure of it for era ${era}`;
  if (whole === undefined || page > 0) return unknown(none, FROM);
  const read = factOfReading(whole, FROM, 'Staking.ErasStakersClipped', {
    take: (value) => {
      const [total, own] = [bigOf(memberOf(value, 'total')), bigOf(memberOf(value, 'own'))];
      return { total, own, nominated: total - own, nominators: valuesOf(memberOf(value, 'others')) };
    },
    empty: { unknown: none },
  });
  return read;
}

function valuesOf(others: Plain): readonly bigint[] {
  return listOf(others).map((each) => bigOf(memberOf(each, 'value')));
}
