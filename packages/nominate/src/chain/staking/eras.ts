import {
  bigOf,
  countOf,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
  variantOf,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';

/** The eras of the staking chain, and the election settings of its runtime. */
export interface EraFacts {
  readonly active: Fact<number>;
  readonly activeSinceMs: Fact<number>;
  /** Ahead of `active` from the moment at which the next era is planned. */
  readonly current: Fact<number>;
  /** The first session of the active era, by the count of the relay chain. */
  readonly firstSession: Fact<number>;
  readonly seats: Fact<number>;
  readonly forcing: Fact<string>;
}

/** The first requests, in this order. */
export const ERA_REQUESTS = [
  'ActiveEra',
  'CurrentEra',
  'BondedEras',
  'ValidatorCount',
  'ForceEra',
  'MinimumActiveStake',
].map((item) => ({ pallet: 'Staking', item }));

export function eraFactsOf(readings: readonly Reading[]): EraFacts {
  const [activeEra, currentEra, bondedEras, count, force] = readings;
  const active = activeFact(activeEra, (value) => countOf(memberOf(value, 'index')));
  const since = activeFact(activeEra, (value) => {
    const start = memberOf(value, 'start');
    return start === null ? 0 : countOf(start);
  });
  return {
    active,
    // A chain whose first era came with its genesis gives it the time 0.
    activeSinceMs:
      since.known && since.value === 0 ? unknown('the active era has no time yet', 'staking') : since,
    current: factOfReading(currentEra, 'staking', 'Staking.CurrentEra', {
      take: countOf,
      empty: { unknown: 'the chain has planned no era yet' },
    }),
    firstSession: firstSessionOf(active, bondedEras),
    seats: factOfReading(count, 'staking', 'Staking.ValidatorCount', {
      take: countOf,
      empty: { unknown: 'no count of validators is set' },
    }),
    forcing: factOfReading(force, 'staking', 'Staking.ForceEra', {
      take: variantOf,
      empty: { value: 'NotForcing' },
    }),
  };
}

function activeFact<Value>(reading: Reading | undefined, take: (value: Plain) => Value): Fact<Value> {
  return factOfReading(reading, 'staking', 'Staking.ActiveEra', {
    take,
    empty: { unknown: 'no era is active on this chain' },
  });
}

/** `BondedEras` holds pairs of an era and its first session, the active one among them. */
function firstSessionOf(active: Fact<number>, reading: Reading | undefined): Fact<number> {
  if (!active.known) return active;
  const pairs = factOfReading(reading, 'staking', 'Staking.BondedEras', {
    take: (value) => listOf(value).map((pair) => listOf(pair).map(countOf)),
    empty: { value: [] },
  });
  if (!pairs.known) return pairs;
  const session = pairs.value.find(([era]) => era === active.value)?.[1];
  return session === undefined
    ? unknown(`the chain does not say with which session era ${active.value} began`, 'staking')
    : known(session, 'staking');
}

/** In planck. Nominators with less are not in the election. Runtimes before 2023 have no such bound. */
export function leastStakeOf(reader: PinnedReader, readings: readonly Reading[]): Fact<bigint> {
  if (!reader.has('Staking', 'MinimumActiveStake')) return known(0n, 'staking');
  return factOfReading(readings[5], 'staking', 'Staking.MinimumActiveStake', {
    take: bigOf,
    empty: { value: 0n },
  });
}

/** A constant that is a number. */
export function countConstant(reader: PinnedReader, pallet: string, name: string): Fact<number> {
  return factOfReading(reader.constant(pallet, name), 'staking', `${pallet}.${name}`, {
    take: countOf,
    empty: { unknown: 'it is empty' },
  });
}

/**
 * `StakingApi_nominations_quota` takes a balance of 16 bytes, which does not matter in the runtimes of today.
 */
const NO_BALANCE = `0x${'00'.repeat(16)}`;

/** More than any runtime allows; the limit of a snapshot. */
const MOST_TARGETS = 1_000;

/** The most targets of a nomination: from a constant, a runtime API, or the size of a solution. */
export async function maxNominationsOf(reader: PinnedReader): Promise<Fact<number>> {
  const said = [
    countConstant(reader, 'Staking', 'MaxNominations'),
    await quotaOf(reader),
    countConstant(reader, 'ElectionProviderMultiPhase', 'MinerMaxVotesPerVoter'),
  ];
  const fit = said.find((fact) => fact.known && fact.value >= 1 && fact.value <= MOST_TARGETS);
  return fit ?? unknown('the runtime does not say how many targets a nomination may have', 'staking');
}

async function quotaOf(reader: PinnedReader): Promise<Fact<number>> {
  const quota = await reader.call('StakingApi_nominations_quota', NO_BALANCE);
  return quota.result === 'answer' && quota.bytes.length === 4
    ? known(Buffer.from(quota.bytes).readUInt32LE(), 'staking')
    : unknown('the runtime has no quota of nominations', 'staking');
}
