import {
  bigOf,
  countOf,
  flagOf,
  memberOf,
  type Plain,
  type Reading,
  ShapeFault,
} from '@watchbill/chain/reading';
import { type Fact, mapFact, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import { backingsOf } from './backing.ts';
import { type Claims, unclaimedOf } from './claims.ts';
import { type Electorate, nominationOf } from './electorate.ts';
import type { EraExposures } from './exposures.ts';
import type { StakingCandidate, StakingNominator } from './facts.ts';
import type { Ledgers } from './ledgers.ts';
import type { PointsOfEra } from './points.ts';

interface CandidateParts {
  readonly prefs: readonly Reading[];
  readonly ledgers: Ledgers;
  readonly points: Fact<readonly PointsOfEra[]>;
  readonly claims: Claims;
  readonly electorate: Fact<Electorate>;
  readonly exposures: Fact<EraExposures>;
}

export function candidatesOf(
  candidates: readonly string[],
  { prefs, ledgers, points, claims, electorate, exposures }: CandidateParts,
): ReadonlyMap<string, StakingCandidate> {
  const backings = backingsOf(candidates, electorate, exposures);
  const notAsked = unknown('it was not asked for', 'staking');
  return new Map(
    candidates.map((stash, index) => [
      stash,
      {
        ...prefsOf(prefs[index]),
        selfStake: mapFact(ledgers.get(stash) ?? notAsked, (ledger) => ledger?.active ?? 0n),
        unclaimedEras: mapFact(claims.get(stash) ?? notAsked, unclaimedOf),
        erasWithPoints: mapFact(points, (eras) =>
          eras.filter((each) => (each.points.get(stash) ?? 0) > 0).map(({ era }) => era),
        ),
        backing: backings.get(stash) ?? notAsked,
      },
    ]),
  );
}

/** An account that does not validate has no preferences, so commission and blocking are unknown. */
function prefsOf(reading: Reading | undefined): Pick<StakingCandidate, 'validating' | 'prefs'> {
  const what = 'Staking.Validators';
  return {
    validating: factOfReading(reading, 'staking', what, { take: () => true, empty: { value: false } }),
    prefs: factOfReading(reading, 'staking', what, {
      take: takePrefs,
      empty: { unknown: 'it has no validate intention, and so no preferences' },
    }),
  };
}

const WHOLE_PERBILL = 1_000_000_000;

function takePrefs(value: Plain): { commissionPerbill: number; blocked: boolean } {
  const commissionPerbill = countOf(memberOf(value, 'commission'));
  if (commissionPerbill > WHOLE_PERBILL) throw new ShapeFault('its commission is above the whole');
  return {
    commissionPerbill,
    blocked: flagOf(memberOf(value, 'blocked')),
  };
}

export function nominatorsOf(
  stashes: readonly string[],
  ledgers: Ledgers,
  nominations: readonly Reading[],
  accounts: readonly Reading[],
): ReadonlyMap<string, StakingNominator> {
  return new Map(
    stashes.map((stash, index) => {
      const ledger = ledgers.get(stash) ?? unknown('it was not asked for', 'staking');
      const nomination = nominationOf(nominations[index]);
      const balance = factOfReading(accounts[index], 'staking', 'System.Account', {
        take: takeBalance,
        empty: { value: 0n },
      });
      return [
        stash,
        {
          active: mapFact(ledger, (each) => each?.active ?? null),
          balance,
          nomination,
          submittedIn: mapFact(nomination, (each) => each?.submittedIn ?? null),
        },
      ];
    }),
  );
}

function takeBalance(value: Plain): bigint {
  const data = memberOf(value, 'data');
  return bigOf(memberOf(data, 'free')) + bigOf(memberOf(data, 'reserved'));
}
