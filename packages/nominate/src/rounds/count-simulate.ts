import { seqPhragmen, type Voter } from '../election/phragmen.ts';
import type { ElectionInput } from '../snapshot/snapshot.ts';

/** How many further counts without an improvement end the search. */
const PATIENCE = 3;

/** The outcome of one tried count. */
export interface Trial {
  readonly count: number;
  /** How many of the targets the election would choose. */
  readonly electedCount: number;
  /** The least backing among those, in planck. */
  readonly leastBacking: bigint;
}

/** An election that can be repeated with other votes of some voters. */
export interface Simulation {
  readonly input: ElectionInput;
  /** Votes that replace those of the snapshot, by voter. */
  readonly votes: ReadonlyMap<string, { readonly stake: bigint; readonly targets: readonly string[] }>;
}

/**
 * The number of targets, from a list in the order of preference, of which the most would be elected; in a tie
 * the smallest, so that stake is not spread needlessly. Each tried count takes one election.
 */
export function countBySimulation(
  simulation: Simulation,
  who: string,
  stake: bigint,
  targets: readonly string[],
): { readonly best: Trial; readonly trials: readonly Trial[] } {
  const trials: Trial[] = [];
  let best: Trial = { count: Math.min(1, targets.length), electedCount: 0, leastBacking: 0n };
  for (let count = 1; count <= targets.length && count - best.count <= PATIENCE + 1; count++) {
    const trial = tryCount(simulation, who, stake, targets.slice(0, count));
    trials.push(trial);
    if (trial.electedCount > best.electedCount) best = trial;
  }
  return { best, trials };
}

function tryCount(
  { input, votes }: Simulation,
  who: string,
  stake: bigint,
  targets: readonly string[],
): Trial {
  const backing = hold({ input, votes: new Map([...votes, [who, { stake, targets }]]) });
  const elected = targets.flatMap((target) => {
    const amount = backing.get(target);
    return amount === undefined ? [] : [amount];
  });
  const leastBacking = elected.reduce(
    (least, amount) => (least < 0n || amount < least ? amount : least),
    -1n,
  );
  return {
    count: targets.length,
    electedCount: elected.length,
    leastBacking: elected.length === 0 ? 0n : leastBacking,
  };
}

/** Holds the election. Returns the backing of every elected candidate, in planck. */
export function hold({ input, votes }: Simulation): ReadonlyMap<string, bigint> {
  const positions = new Map(input.targets.map((target, at) => [target, at]));
  const replaced = input.voters.map(({ who, stake, votes: given }): Voter => {
    const other = votes.get(who);
    return other === undefined
      ? { stake, votes: given }
      : { stake: other.stake, votes: positionsOf(other.targets, positions) };
  });
  const known = new Set(input.voters.map(({ who }) => who));
  const added = [...votes].filter(([who]) => !known.has(who));
  const voters = [
    ...replaced,
    ...added.map(([, { stake, targets }]) => ({ stake, votes: positionsOf(targets, positions) })),
  ];
  const { winners, backing } = seqPhragmen(input.seats, input.targets.length, voters);
  return new Map(winners.map((at) => [input.targets[at] ?? '', backing[at] ?? 0n]));
}

function positionsOf(targets: readonly string[], positions: ReadonlyMap<string, number>): readonly number[] {
  return targets.flatMap((target) => positions.get(target) ?? []);
}
