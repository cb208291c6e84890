import type { PinnedReader, Reading } from '@watchbill/chain/reading';
import { type Fact, known, mapFact, unknown } from '../../facts/fact.ts';
import type { ElectionInput } from '../../snapshot/snapshot.ts';
import type { ChainRequest } from '../roles/request.ts';
import { readClaims } from './claims.ts';
import { ELECTION_REQUESTS, electionFactsOf } from './election-form.ts';
import { electionInputOf } from './election-input.ts';
import { type Electorate, readElectorate } from './electorate.ts';
import {
  countConstant,
  ERA_REQUESTS,
  type EraFacts,
  eraFactsOf,
  leastStakeOf,
  maxNominationsOf,
} from './eras.ts';
import { type EraExposures, readExposures } from './exposures.ts';
import { type StakingFacts, unknownStaking } from './facts.ts';
import { keysOf, type Ledgers, ledgerRequests, ledgersOf } from './ledgers.ts';
import { type PointsOfEra, readPoints } from './points.ts';
import { candidatesOf, nominatorsOf } from './stashes.ts';
import { STAY_REQUESTS, whyNotHere } from './stays.ts';

const PREFS_BYTES = 6;
const ACCOUNT_BYTES = 80;

/** Reads all facts of the role. Rejects as the reader does. Missing or unexpected items are unknown. */
export async function readStaking(reader: PinnedReader, request: ChainRequest): Promise<StakingFacts> {
  const { candidates, nominators } = request;
  const first = await readFirst(reader, request);
  const moved = whyNotHere(first.stays[0], first.stays[1]);
  if (moved !== null) return unknownStaking(request, moved);
  const eras = eraFactsOf(first.eras);
  const ledgers = await ledgersOf(reader, candidates, first.bonded, first.ledgers);
  const own = await ledgersOf(reader, nominators, first.ownBonded, first.ownLedgers);
  const historyDepth = countConstant(reader, 'Staking', 'HistoryDepth');
  const points = await readPoints(reader, eras.active, historyDepth);
  const exposures = await readExposures(reader, eras.active, new Set(candidates));
  const electorate = await readElectorate(reader, request.mostNominators);
  const claims = await readClaims(reader, candidates, points, ledgers);
  return {
    eras,
    elections: electionFactsOf(reader, first.phases),
    maxNominations: await maxNominationsOf(reader),
    historyDepth,
    electedTotals: electedTotalsOf(exposures),
    elected: mapFact(exposures, ({ era, totals }) => ({ era, stashes: [...totals.keys()] })),
    points,
    claims,
    election: await electionOf(reader, electorate, eras, leastStakeOf(reader, first.eras), ledgers),
    candidates: candidatesOf(candidates, {
      prefs: first.prefs,
      ledgers,
      points,
      claims,
      electorate,
      exposures,
    }),
    nominators: nominatorsOf(nominators, own, first.nominations, first.accounts),
  };
}

/** One call for everything without a dependency. */
async function readFirst(reader: PinnedReader, { candidates, nominators }: ChainRequest) {
  const answers = await reader.read([
    ...ERA_REQUESTS,
    ...STAY_REQUESTS,
    ...ELECTION_REQUESTS,
    { pallet: 'Staking', item: 'Validators', keys: keysOf(candidates), valueBytes: PREFS_BYTES },
    ...ledgerRequests(candidates),
    ...ledgerRequests(nominators),
    { pallet: 'Staking', item: 'Nominators', keys: keysOf(nominators), valueBytes: 600 },
    { pallet: 'System', item: 'Account', keys: keysOf(nominators), valueBytes: ACCOUNT_BYTES },
  ]);
  const singleCount = ERA_REQUESTS.length + STAY_REQUESTS.length + ELECTION_REQUESTS.length;
  const single = answers.slice(0, singleCount).map(([reading]) => reading);
  const [
    prefs = [],
    bonded = [],
    ledgers = [],
    ownBonded = [],
    ownLedgers = [],
    nominations = [],
    accounts = [],
  ] = answers.slice(single.length);
  return {
    eras: single.slice(0, ERA_REQUESTS.length).map(asked),
    stays: single.slice(ERA_REQUESTS.length),
    phases: single.slice(ERA_REQUESTS.length + STAY_REQUESTS.length),
    prefs,
    bonded,
    ledgers,
    ownBonded,
    ownLedgers,
    nominations,
    accounts,
  };
}

function asked(reading: Reading | undefined): Reading {
  return reading ?? { result: 'unknown', why: 'it was not asked for' };
}

/** Also reads the bonds of validators that are not candidates, because the election counts them. */
async function electionOf(
  reader: PinnedReader,
  electorate: Fact<Electorate>,
  { seats }: EraFacts,
  leastStake: Fact<bigint>,
  ledgers: Ledgers,
): Promise<Fact<ElectionInput>> {
  if (!electorate.known) return electorate;
  const others = electorate.value.validators.filter((stash) => !ledgers.has(stash));
  const [bonded = [], own = []] = await reader.read(ledgerRequests(others));
  const all = new Map([...ledgers, ...(await ledgersOf(reader, others, bonded, own))]);
  return electionInputOf(electorate, seats, leastStake, all);
}

/**
 * An era without exposures, such as the first era of a chain, does not show the stake needed for election.
 */
function electedTotalsOf(exposures: Fact<EraExposures>): Fact<readonly bigint[]> {
  if (!exposures.known) return exposures;
  const { era, totals } = exposures.value;
  if (totals.size === 0) return unknown(`era ${era} has no exposures`, 'staking');
  return known(
    [...totals.values()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
    'staking',
  );
}

/** The points of eras as facts of rank and faults: the eras that were read. */
export function erasRead(points: Fact<readonly PointsOfEra[]>): Fact<number[]> {
  return points.known
    ? known(
        points.value.map(({ era }) => era),
        'staking',
      )
    : points;
}
