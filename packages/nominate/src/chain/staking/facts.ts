import { type Fact, unknown } from '../../facts/fact.ts';
import type { CandidateRecord, NominatorRecord } from '../../snapshot/record-shapes.ts';
import type { ElectionInput } from '../../snapshot/snapshot.ts';
import type { ChainRequest } from '../roles/request.ts';
import type { Claims } from './claims.ts';
import type { ElectionFacts } from './election-form.ts';
import type { ChainNomination } from './electorate.ts';
import type { EraFacts } from './eras.ts';
import type { PointsOfEra } from './points.ts';

export type StakingCandidate = Pick<
  CandidateRecord,
  'validating' | 'prefs' | 'selfStake' | 'unclaimedEras' | 'erasWithPoints' | 'backing'
>;

export interface StakingNominator extends Pick<NominatorRecord, 'active' | 'balance' | 'submittedIn'> {
  /** Its current nomination; null if it has none. */
  readonly nomination: Fact<ChainNomination | null>;
}

export interface Elected {
  readonly era: number;
  readonly stashes: readonly string[];
}

/** The staking chain's facts about a programme, from one block. */
export interface StakingFacts {
  readonly eras: EraFacts;
  /** How and when the runtime elects. */
  readonly elections: ElectionFacts;
  readonly maxNominations: Fact<number>;
  readonly historyDepth: Fact<number>;
  readonly electedTotals: Fact<readonly bigint[]>;
  /** All validators in the exposures of the active era. */
  readonly elected: Fact<Elected>;
  readonly points: Fact<readonly PointsOfEra[]>;
  readonly claims: Claims;
  readonly election: Fact<ElectionInput>;
  readonly candidates: ReadonlyMap<string, StakingCandidate>;
  readonly nominators: ReadonlyMap<string, StakingNominator>;
}

/** All of it unknown, for one reason. */
export function unknownStaking({ candidates, nominators }: ChainRequest, reason: string): StakingFacts {
  const none = unknown(reason, 'staking');
  return {
    eras: {
      active: none,
      activeSinceMs: none,
      current: none,
      firstSession: none,
      seats: none,
      forcing: none,
    },
    elections: { sessionsPerEra: none, form: none, electing: none },
    maxNominations: none,
    historyDepth: none,
    electedTotals: none,
    elected: none,
    points: none,
    claims: new Map(candidates.map((stash) => [stash, none])),
    election: none,
    candidates: new Map(
      candidates.map((stash) => [
        stash,
        {
          validating: none,
          prefs: none,
          selfStake: none,
          unclaimedEras: none,
          erasWithPoints: none,
          backing: none,
        },
      ]),
    ),
    nominators: new Map(
      nominators.map((stash) => [
        stash,
        { active: none, balance: none, nomination: none, submittedIn: none },
      ]),
    ),
  };
}
