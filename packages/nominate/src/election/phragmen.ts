import { electorateOf, type Voter } from './electorate.ts';
import { normalize } from './normalize.ts';
import { electFrom, type Result } from './race.ts';

/** The elected candidates, in the order of the rounds, with the stake behind each of them. */
export interface Elected {
  readonly winners: readonly number[];
  /** By candidate; 0 if not elected. */
  readonly backing: readonly bigint[];
  /** By voter: its stake for each candidate. */
  readonly edges: readonly (readonly { readonly candidate: number; readonly stake: bigint }[])[];
}

/**
 * Sequential Phragmén with the arithmetic of Substrate's runtime (`sp_npos_elections::seq_phragmen_core`,
 * without star balancing): each round elects the candidate with the least score, the first of the list in a
 * tie. Votes for unknown candidates, and second votes for one candidate, are left out. Method: Brill,
 * Freeman, Janson, Lackner, "Phragmén's Voting Methods and Justified Representation"; its use for staking:
 * arXiv:2004.12990.
 */
export function seqPhragmen(seats: number, candidateCount: number, voters: readonly Voter[]): Elected {
  const electorate = electorateOf(candidateCount, voters);
  const result = electFrom(electorate, seats);
  const shares = sharesOf(result, candidateCount);
  const backing = new Array<bigint>(candidateCount).fill(0n);
  const edges = voters.map(({ stake }, voter) => {
    const given = shares(stake, electorate.votes[voter] ?? []);
    for (const edge of given) backing[edge.candidate] = (backing[edge.candidate] ?? 0n) + edge.stake;
    return given;
  });
  return { winners: result.winners, backing, edges };
}

/**
 * How a voter divides its stake: by the rise of its load at each of its winners. Its load after a round is
 * the score of that round's winner.
 */
function sharesOf({ winners, scores }: Result, candidateCount: number) {
  const rounds = new Array<number>(candidateCount).fill(-1);
  for (const [round, winner] of winners.entries()) rounds[winner] = round;
  return (stake: bigint, votes: readonly number[]): Elected['edges'][number] => {
    const own = votes.map((at) => rounds[at] ?? -1).filter((round) => round >= 0);
    let load = 0n;
    const rises = new Map<number, bigint>();
    for (const round of own.toSorted((a, b) => a - b)) {
      const score = scores[round] ?? 0n;
      rises.set(round, score > load ? score - load : 0n);
      load = score;
    }
    const given = votes.flatMap((candidate) => {
      const rise = rises.get(rounds[candidate] ?? -1) ?? 0n;
      const part = load === 0n ? 0n : (stake * rise) / load;
      return part > 0n ? [{ candidate, stake: part }] : [];
    });
    const whole = normalize(
      given.map((edge) => edge.stake),
      stake,
    );
    return given.map(({ candidate }, position) => ({ candidate, stake: whole[position] ?? 0n }));
  };
}
