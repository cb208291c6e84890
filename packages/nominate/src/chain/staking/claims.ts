import {
  countOf,
  listOf,
  type PinnedReader,
  paidPagesItem,
  payoutPages,
  type Reading,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import type { Ledgers } from './ledgers.ts';
import type { PointsOfEra } from './points.ts';

/** The payout of one era of one validator: how many pages it has, and which were paid. */
export interface EraClaim {
  readonly era: number;
  readonly pages: number;
  readonly claimed: readonly number[];
}

export type Claims = ReadonlyMap<string, Fact<readonly EraClaim[]>>;

const OVERVIEW_BYTES = 42;
const CLAIMED_BYTES = 5;

/**
 * Payouts of every era in which a candidate has points, because an era without points pays no reward. All
 * pairs of era and validator share a few calls. Rejects as the reader does.
 */
export async function readClaims(
  reader: PinnedReader,
  candidates: readonly string[],
  points: Fact<readonly PointsOfEra[]>,
  ledgers: Ledgers,
): Promise<Claims> {
  if (!points.known) return new Map(candidates.map((stash) => [stash, points]));
  const wanted = new Set(candidates);
  const pairs = points.value.flatMap(({ era, points: byStash }) =>
    [...byStash].flatMap(([stash, count]) => (count > 0 && wanted.has(stash) ? [{ era, stash }] : [])),
  );
  const [overviews, claimed] = await readPairs(reader, pairs);
  // Without an overview, the exposure has the old form, if the runtime still has it. Otherwise the era had no
  // exposure, and pays no reward.
  const bare = reader.has('Staking', 'ErasStakers') ? 1 : 0;
  const byStash = new Map<string, Fact<EraClaim>[]>(candidates.map((stash) => [stash, []]));
  for (const [index, { era, stash }] of pairs.entries())
    byStash.get(stash)?.push(claimOf(era, ledgers.get(stash), overviews[index], claimed[index], bare));
  return new Map([...byStash].map(([stash, facts]) => [stash, allOf(facts)]));
}

/** Runtimes without pages have neither item. The ledger has the data, so no request is made. */
async function readPairs(
  reader: PinnedReader,
  pairs: readonly { readonly era: number; readonly stash: string }[],
): Promise<readonly [readonly (Reading | undefined)[], readonly (Reading | undefined)[]]> {
  const item = paidPagesItem(reader);
  if (item === undefined || pairs.length === 0) return [[], []];
  const keys = pairs.map(({ era, stash }) => [era, stash]);
  const [overviews = [], claimed = []] = await reader.read([
    { pallet: 'Staking', item: 'ErasStakersOverview', keys, valueBytes: OVERVIEW_BYTES },
    { pallet: 'Staking', item, keys, valueBytes: CLAIMED_BYTES },
  ]);
  return [overviews, claimed];
}

function claimOf(
  era: number,
  ledger: ReturnType<Ledgers['get']>,
  overview: Reading | undefined,
  claimed: Reading | undefined,
  bare: number,
): Fact<EraClaim> {
  if (ledger?.known === true && ledger.value?.claimedEras.includes(era) === true)
    return known({ era, pages: 1, claimed: [0] }, 'staking');
  const pages =
    overview === undefined
      ? known(1, 'staking')
      : factOfReading(overview, 'staking', 'Staking.ErasStakersOverview', {
          take: payoutPages,
          empty: { value: bare },
        });
  if (!pages.known) return pages;
  if (claimed === undefined) {
    // Without pages, only the ledger records payments. A stash without a ledger has unbonded, and cannot be
    // paid.
    if (ledger?.known !== true) return ledger ?? unknown('its ledger was not read', 'staking');
    return known({ era, pages: 1, claimed: ledger.value === null ? [0] : [] }, 'staking');
  }
  const paid = factOfReading(claimed, 'staking', 'Staking.ClaimedRewards', {
    take: (value) => listOf(value).map(countOf),
    empty: { value: [] },
  });
  return paid.known ? known({ era, pages: pages.value, claimed: paid.value }, 'staking') : paid;
}

/** If one era cannot be read, the whole list is unknown, because that era may be unpaid. */
function allOf(facts: readonly Fact<EraClaim>[]): Fact<readonly EraClaim[]> {
  const missing = facts.find((fact) => !fact.known);
  if (missing?.known === false) return missing;
  return known(
    facts.flatMap((fact) => (fact.known ? [fact.value] : [])),
    'staking',
  );
}

/** The eras with an unpaid page. */
export function unclaimedOf(claims: readonly EraClaim[]): number[] {
  return claims.filter(({ pages, claimed }) => new Set(claimed).size < pages).map(({ era }) => era);
}
