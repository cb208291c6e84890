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
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading, factOfShape } from '../roles/fact-of-reading.ts';
import { MOST_VALIDATORS } from '../roles/request.ts';

/** Exposures of the elected validators of an era. */
export interface EraExposures {
  readonly era: number;
  /** Total stake by elected validator, in planck. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** The nominators behind each elected candidate; unknown if a page is missing. */
  readonly backers: ReadonlyMap<string, Fact<readonly Backer[]>>;
  /** Which form the runtime keeps: pages since 2024, one record before. */
  readonly form: 'paged' | 'whole';
}

const OVERVIEW_BYTES = 42;
/** An account and a compact balance. */
const BACKER_BYTES = 42;
/** An old record had 512 nominators, and often more that were not paid. */
const WHOLE_BYTES = 24_000;

/** A nominator in an exposure, with its part in planck. */
export interface Backer {
  readonly who: string;
  readonly value: bigint;
}

interface Overview {
  readonly total: bigint;
  readonly nominators: number;
  readonly pages: number;
}

/**
 * The exposures of an era: totals of all, backers of `wanted`. Three calls if exposures have pages. Rejects
 * as the reader does.
 */
export async function readExposures(
  reader: PinnedReader,
  era: Fact<number>,
  wanted: ReadonlySet<string>,
): Promise<Fact<EraExposures>> {
  if (!era.known) return era;
  const paged = reader.has('Staking', 'ErasStakersOverview')
    ? await readPaged(reader, era.value, wanted)
    : null;
  // A chain that has recently introduced pages keeps the earlier eras in the old form.
  const old = reader.has('Staking', 'ErasStakers');
  if (paged !== null && (!old || !paged.known || paged.value.totals.size > 0)) return paged;
  if (old) return readWhole(reader, era.value, wanted);
  return unknown('the runtime has neither Staking.ErasStakersOverview nor Staking.ErasStakers', 'staking');
}

/** Validators that have an entry of that item in the era. */
async function stashesOf(reader: PinnedReader, item: string, era: number): Promise<Fact<readonly string[]>> {
  const keys = await reader.keys('Staking', item, [era], MOST_VALIDATORS);
  if (keys.result === 'unknown') return unknown(keys.why, 'staking');
  return known(
    keys.keys.map((parts) => parts[1] ?? ''),
    'staking',
  );
}

async function readPaged(
  reader: PinnedReader,
  era: number,
  wanted: ReadonlySet<string>,
): Promise<Fact<EraExposures>> {
  const stashes = await stashesOf(reader, 'ErasStakersOverview', era);
  if (!stashes.known) return stashes;
  const [overviews = []] = await reader.read([
    {
      pallet: 'Staking',
      item: 'ErasStakersOverview',
      keys: stashes.value.map((stash) => [era, stash]),
      valueBytes: OVERVIEW_BYTES,
    },
  ]);
  const read = stashes.value.map((stash, index) => ({ stash, overview: overviewOf(overviews[index]) }));
  const broken = read.find(({ overview }) => !overview.known)?.overview;
  if (broken?.known === false) return broken;
  const known_ = read.flatMap(({ stash, overview }) =>
    overview.known ? [{ stash, overview: overview.value }] : [],
  );
  const backers = await readPages(
    reader,
    era,
    known_.filter(({ stash }) => wanted.has(stash)),
  );
  const totals = new Map(known_.map(({ stash, overview }) => [stash, overview.total]));
  return known({ era, totals, backers, form: 'paged' }, 'staking');
}

function overviewOf(reading: Reading | undefined): Fact<Overview> {
  return factOfReading(reading, 'staking', 'Staking.ErasStakersOverview', {
    take: (value) => ({
      total: bigOf(memberOf(value, 'total')),
      nominators: countOf(memberOf(value, 'nominator_count')),
      pages: countOf(memberOf(value, 'page_count')),
    }),
    empty: { unknown: 'an overview of an exposure is gone' },
  });
}

/** All pages of all of them in shared calls. */
async function readPages(
  reader: PinnedReader,
  era: number,
  of: readonly { readonly stash: string; readonly overview: Overview }[],
): Promise<ReadonlyMap<string, Fact<readonly Backer[]>>> {
  const requests = of.map(({ stash, overview: { pages, nominators } }) => ({
    pallet: 'Staking',
    item: 'ErasStakersPaged',
    keys: Array.from({ length: pages }, (_, page) => [era, stash, page]),
    valueBytes: 24 + BACKER_BYTES * Math.ceil(nominators / Math.max(1, pages)),
  }));
  const answers = await reader.read(requests);
  return new Map(of.map(({ stash }, index) => [stash, backersOf(answers[index] ?? [])]));
}

function backersOf(pages: readonly Reading[]): Fact<readonly Backer[]> {
  const facts = pages.map((page) =>
    factOfReading(page, 'staking', 'Staking.ErasStakersPaged', {
      take: (value) => whoOf(memberOf(value, 'others')),
      empty: { unknown: 'a page of an exposure is missing' },
    }),
  );
  const missing = facts.find((fact) => !fact.known);
  if (missing?.known === false) return missing;
  return known(
    facts.flatMap((fact) => (fact.known ? fact.value : [])),
    'staking',
  );
}

function whoOf(others: Plain): readonly Backer[] {
  return listOf(others).map((each) => ({
    who: bytes32Of(memberOf(each, 'who')),
    value: bigOf(memberOf(each, 'value')),
  }));
}

async function readWhole(
  reader: PinnedReader,
  era: number,
  wanted: ReadonlySet<string>,
): Promise<Fact<EraExposures>> {
  const stashes = await stashesOf(reader, 'ErasStakers', era);
  if (!stashes.known) return stashes;
  const [records = []] = await reader.read([
    {
      pallet: 'Staking',
      item: 'ErasStakers',
      keys: stashes.value.map((stash) => [era, stash]),
      valueBytes: WHOLE_BYTES,
    },
  ]);
  return factOfShape('staking', 'Staking.ErasStakers', () => {
    const totals = new Map<string, bigint>();
    const backers = new Map<string, Fact<readonly Backer[]>>();
    for (const [index, stash] of stashes.value.entries()) {
      const record = records[index];
      if (record?.result !== 'value') continue;
      totals.set(stash, bigOf(memberOf(record.value, 'total')));
      if (wanted.has(stash)) backers.set(stash, known(whoOf(memberOf(record.value, 'others')), 'staking'));
    }
    return { era, totals, backers, form: 'whole' as const };
  });
}
