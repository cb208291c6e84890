import { valueOrNull } from '../facts/fact.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { count1kv } from './count-1kv.ts';
import { countBySimulation, type Simulation, simulationOf, type Votes } from './count-simulate.ts';
import { countByStake } from './count-stake.ts';
import type { Due } from './due.ts';
import type { Programme } from './programme.ts';
import type { NominatorEntry } from './record.ts';

/** The number of targets of a nominator, and its derivation. */
export type Count = NonNullable<NominatorEntry['count']>;
export type IsDue = Extract<Due, { readonly state: 'due' }>;

/** The smaller limit of the two networks, which is safe if the constant could not be read. */
const MOST_WHERE_UNKNOWN = 16;

/** The limit of the chain, or the lower one of the programme. */
export function mostTargets({ constants }: Snapshot, { round }: Programme): number {
  const chain = valueOrNull(constants.maxNominations) ?? MOST_WHERE_UNKNOWN;
  return Math.min(chain, round.mostTargets ?? chain);
}

/** The count by a rule that does not depend on votes: `1kv` or `stake`. */
export function countByRule(snapshot: Snapshot, programme: Programme, due: IsDue): Count {
  const count = countByStakes(snapshot, programme, due);
  const { election } = snapshot;
  if (programme.round.count !== 'simulate' || election.known) return count;
  return { ...count, detail: `${count.detail}; the election could not be simulated: ${election.reason}` };
}

function countByStakes(snapshot: Snapshot, programme: Programme, due: IsDue): Count {
  const limit = mostTargets(snapshot, programme);
  const totals = valueOrNull(snapshot.eras.electedTotals);
  const rule = programme.round.count === '1kv' ? '1kv' : 'stake';
  if (totals === null) {
    return {
      rule,
      most: limit,
      detail: 'the elected validators are not known, so the limit of the chain holds',
    };
  }
  const against = `against ${totals.length} elected validators`;
  if (rule === 'stake') {
    return { rule, most: countByStake(due.active, totals, limit), detail: `what is bonded, ${against}` };
  }
  if (due.balance === null) return { rule, most: 1, detail: 'its balance is not known' };
  const unit = Number(10n ** BigInt(snapshot.network.decimals));
  const tokens = totals.map((total) => Number(total) / unit);
  return {
    rule,
    most: count1kv(Number(due.balance) / unit, tokens, limit),
    detail: `its balance, ${against}`,
  };
}

/** The election of this round's simulations; null if the programme requests none, or it is not known. */
export function simulationFor({ election }: Snapshot, { round }: Programme): Simulation | null {
  return round.count === 'simulate' && election.known ? simulationOf(election.value) : null;
}

/** The count by simulation, for the candidates that a nominator could have, best first. */
export function countSimulated(
  simulation: Simulation,
  votes: Votes,
  { stashKey, due }: { readonly stashKey: string; readonly due: IsDue },
  candidates: readonly string[],
): Count {
  const { best, trials } = countBySimulation(simulation, votes, stashKey, due.active, candidates);
  const tried = trials.map(({ count, electedCount }) => `${electedCount} of ${count}`).join(', ');
  return { rule: 'simulate', most: best.count, detail: `elected in simulation: ${tried || 'nobody to try'}` };
}
