import { writeAddress } from '@watchbill/chain/address';
import { CHECKS } from '../../checks/registry.ts';
import { type Fact, valueOrNull } from '../../facts/fact.ts';
import type { CandidateRecord } from '../../snapshot/record-shapes.ts';
import type { Standing } from '../../storage/port.ts';
import type { SnapshotFacts } from '../reading/snapshot-facts.ts';

const FORMER_NAMES = new Map(CHECKS.map(({ id, formerly }) => [id, formerly ?? id]));
const SPAN_ERAS = 84;
const PERCENT = 10_000_000;

/** A candidate in the shape of the old backend. Unknown values are null or absent, never 0. */
export function oldCandidate(standing: Standing, facts: SnapshotFacts | null) {
  const record = facts?.record(standing.stashKey) ?? null;
  const { slotId, kyc, rank, name, stash, active, score, results, verdict } = standing;
  const updated = facts?.head.takenAtMs ?? null;
  return {
    slotId,
    kyc,
    rank,
    name,
    stash,
    active,
    valid: VALID[verdict],
    invalidityReasons: results
      .filter(({ outcome }) => outcome === 'fail')
      .map(({ message }) => `${name}: ${message}`)
      .join('; '),
    validity: results.map(({ id, outcome, message }) => ({
      type: FORMER_NAMES.get(id) ?? id,
      valid: outcome === 'unknown' ? null : outcome === 'pass',
      details: outcome === 'pass' ? '' : message,
      updated,
    })),
    score:
      score === null ? null : { ...score.components, aggregate: score.aggregate, randomness: score.draw },
    total: score?.total ?? null,
    ...(record === null || facts === null ? {} : fromRecord(record, facts)),
  };
}

const VALID = { valid: true, invalid: false, undecided: null } as const;

function fromRecord(record: CandidateRecord, { head }: SnapshotFacts) {
  const { candidate, history } = record;
  const identity = valueOrNull(record.identity);
  const prefs = valueOrNull(record.prefs);
  const points = valueOrNull(record.erasWithPoints);
  return {
    kusamaStash: candidate.kusamaStash,
    matrix: [...candidate.handles],
    faults: history.faults.length,
    nominatedAt: history.lastNominatedEra,
    unclaimedEras: valueOrNull(record.unclaimedEras),
    inclusion: points === null ? null : Math.min(1, points.length / SPAN_ERAS),
    commission: prefs === null ? null : prefs.commissionPerbill / PERCENT,
    identity:
      identity === null
        ? null
        : {
            name: identity.display,
            address: writeAddress({ prefix: head.network.prefix, publicKey: identity.account }),
            verified: identity.judgements.some((one) => one === 'Reasonable' || one === 'KnownGood'),
          },
    bonded: tokensOf(record.selfStake, head.network.decimals),
    nextKeys: valueOrNull(record.sessionKeys),
    ...sightingOf(record),
    ...placeOf(record),
    nominations: oldStake(record, head.network),
  };
}

function sightingOf({ sighting }: CandidateRecord) {
  const seen = valueOrNull(sighting);
  if (seen === null) return {};
  const { firstSeenMs, online, sinceMs, offline, version, implementation } = seen;
  return {
    discoveredAt: firstSeenMs,
    // In the old shape, 0 means that the node never went offline.
    offlineSince: online ? 0 : sinceMs,
    offlineAccumulated: offline.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    version,
    implementation,
  };
}

function placeOf({ place }: CandidateRecord) {
  const found = valueOrNull(place);
  if (found === null) return {};
  const { city, region, country, provider } = found;
  return { location: city, region, country, provider };
}

/** The stake that nominators have bonded behind a candidate, in tokens; null if unknown. */
export function oldStake(
  { backing }: CandidateRecord,
  { prefix, decimals }: { readonly prefix: number; readonly decimals: number },
) {
  const found = valueOrNull(backing);
  if (found === null) return null;
  const list = (all: typeof found.active) =>
    all.map(({ who, bonded }) => ({
      address: writeAddress({ prefix, publicKey: who }),
      bonded: tokens(bonded, decimals),
    }));
  const sum = (all: typeof found.active) =>
    tokens(
      all.reduce((total, { bonded }) => total + bonded, 0n),
      decimals,
    );
  return {
    totalStake: sum(found.active),
    inactiveStake: sum(found.inactive),
    activeNominators: list(found.active),
    inactiveNominators: list(found.inactive),
  };
}

function tokensOf(planck: Fact<bigint>, decimals: number): number | null {
  return planck.known ? tokens(planck.value, decimals) : null;
}

/** As the old backend showed amounts: a float of whole tokens, for display only. */
export function tokens(planck: bigint, decimals: number): number {
  return Number(planck) / 10 ** decimals;
}
