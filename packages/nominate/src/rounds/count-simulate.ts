import { changedElectorate, type Electorate, electorateOf, type Voter } from '../election/electorate.ts';
import { electFrom } from '../election/race.ts';
import type { ElectionInput } from '../snapshot/snapshot.ts';

/** How many further counts without an improvement end the search. */
const PATIENCE = 3;

/** The outcome of one tried count. */
export interface Trial {
  readonly count: number;
  /** How many of the targets the election would choose. */
  readonly electedCount: number;
}

/** Votes by voter: each replaces those of the snapshot, or adds a voter. */
export type Votes = ReadonlyMap<string, { readonly stake: bigint; readonly targets: readonly string[] }>;

/** An election that can be repeated with other votes of some voters. */
export interface Simulation {
  readonly seats: number;
  readonly targets: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
  readonly voters: ReadonlyMap<string, number>;
  readonly electorate: Electorate;
}

/** Prepares the election of a snapshot, once for all elections of a round. */
export function simulationOf({ seats, targets, voters }: ElectionInput): Simulation {
  return {
    seats,
    targets,
    positions: new Map(targets.map((target, at) => [target, at])),
    voters: new Map(voters.map(({ who }, at) => [who, at])),
    electorate: electorateOf(targets.length, voters),
  };
}

/**
 * The number of targets, from a list in the order of preference, of which the most would be elected; in a tie
 * the smallest, so that stake is not spread needlessly. Each tried count takes one election. The record of a
 * round names each tried count, and a replay has to give the same text, so the counts are tried in order.
 */
export function countBySimulation(
  simulation: Simulation,
  votes: Votes,
  who: string,
  stake: bigint,
  targets: readonly string[],
): { readonly best: Trial; readonly trials: readonly Trial[] } {
  const trials: Trial[] = [];
  let best: Trial = { count: Math.min(1, targets.length), electedCount: 0 };
  for (let count = 1; count <= targets.length && count - best.count <= PATIENCE + 1; count++) {
    const tried = targets.slice(0, count);
    const elected = electedWith(simulation, new Map([...votes, [who, { stake, targets: tried }]]));
    const trial = { count, electedCount: tried.filter((target) => elected.has(target)).length };
    trials.push(trial);
    if (trial.electedCount > best.electedCount) best = trial;
  }
  return { best, trials };
}

/** The targets that an election with these votes chooses, in the order of its rounds. */
export function electedWith(
  { electorate, seats, targets, voters, positions }: Simulation,
  votes: Votes,
): ReadonlySet<string> {
  const added = [...votes.values()].map(
    ({ stake, targets: own }): Voter => ({ stake, votes: own.flatMap((key) => positions.get(key) ?? []) }),
  );
  const without = new Set([...votes.keys()].flatMap((who) => voters.get(who) ?? []));
  const { winners } = electFrom(changedElectorate(electorate, without, added), seats);
  return new Set(winners.map((at) => targets[at] ?? ''));
}
