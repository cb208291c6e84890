import { offlineMs, WEEK_MS } from '../checks/accumulated-offline-time.ts';
import { rankOf } from '../history/rank.ts';
import type { RankRules } from '../history/rank-rules.ts';
import type { CandidateRecord, Place } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** The inputs of a score, for one candidate; null if unknown. */
export interface ScoreInputs {
  readonly stashKey: string;
  readonly firstSeenMs: number | null;
  /** Whether more than the name identified the node. */
  readonly isProven: boolean;
  readonly erasWithPoints: readonly number[] | null;
  readonly lastNominatedEra: number | null;
  readonly rank: number;
  readonly faultEras: readonly number[];
  readonly unclaimedCount: number | null;
  /** Planck. */
  readonly bonded: bigint | null;
  readonly offlineMs: number | null;
  readonly place: Place | null;
  /** Sum of the square roots of the other nominators' stakes, in tokens. */
  readonly nominations: number | null;
  /** Empty if unknown. */
  readonly implementation: string;
}

/** The inputs of one candidate. `own` are the stashes of the programme's nominators, which do not count. */
export function inputsOf(
  snapshot: Snapshot,
  record: CandidateRecord,
  rankRules: RankRules,
  own: ReadonlySet<string>,
): ScoreInputs {
  const { sighting, place, erasWithPoints, unclaimedEras, selfStake, history, candidate } = record;
  const seen = sighting.known ? sighting.value : null;
  return {
    stashKey: candidate.stashKey,
    firstSeenMs: seen?.firstSeenMs ?? null,
    isProven: seen !== null && seen.matchedBy !== 'name',
    erasWithPoints: erasWithPoints.known ? erasWithPoints.value : null,
    lastNominatedEra: history.lastNominatedEra,
    rank: rankOf(history, rankRules).rank,
    faultEras: history.faults.map(({ era }) => era),
    unclaimedCount: unclaimedEras.known ? unclaimedEras.value.length : null,
    bonded: selfStake.known ? selfStake.value : null,
    offlineMs: offlineMs(snapshot, record, WEEK_MS),
    place: place.known ? place.value : null,
    nominations: nominationsOf(snapshot, record, own),
    implementation: seen?.implementation ?? '',
  };
}

function nominationsOf(
  { network }: Snapshot,
  { backing }: CandidateRecord,
  own: ReadonlySet<string>,
): number | null {
  if (!backing.known) return null;
  const unit = Number(10n ** BigInt(network.decimals));
  let sum = 0;
  for (const { who, bonded } of [...backing.value.active, ...backing.value.inactive]) {
    if (!own.has(who)) sum += Math.sqrt(Number(bonded) / unit);
  }
  return sum;
}
