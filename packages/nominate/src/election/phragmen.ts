import { normalize } from './normalize.ts';

/** A voter with its stake. Votes are positions in the list of candidates. */
export interface Voter {
  readonly stake: bigint;
  readonly votes: readonly number[];
}

/** The elected candidates, in the order of the rounds, with the stake behind each of them. */
export interface Elected {
  readonly winners: readonly number[];
  /** By candidate; 0 if not elected. */
  readonly backing: readonly bigint[];
  /** By voter: its stake for each candidate. */
  readonly edges: readonly (readonly { readonly candidate: number; readonly stake: bigint }[])[];
}

/** Loads are fixed-point numbers over this denominator, as in the runtime. */
const WHOLE = 2n ** 128n - 1n;

/**
 * Sequential Phragmén with the arithmetic of Substrate's runtime (`sp_npos_elections::seq_phragmen_core`,
 * without star balancing): each round elects the candidate with the least score, the first of the list in a
 * tie. Votes for unknown candidates, and second votes for one candidate, are left out. Method: Brill,
 * Freeman, Janson, Lackner, "Phragmén's Voting Methods and Justified Representation"; its use for staking:
 * arXiv:2004.12990.
 * Scores are kept from round to round; only the scores of candidates that share a voter with the winner
 * change. Each part of a score is rounded separately, so the sums are identical.
 */
export function seqPhragmen(seats: number, candidateCount: number, voters: readonly Voter[]): Elected {
  const edges = voters.map(({ votes }) =>
    [...new Set(votes)].filter((at) => Number.isInteger(at) && at >= 0 && at < candidateCount),
  );
  const race = new Race(candidateCount, voters, edges);
  const winners: number[] = [];
  while (winners.length < Math.min(seats, candidateCount)) winners.push(race.electNext());
  return { winners, ...race.backing() };
}

/** The state of an election. It is a class because every round changes it in place. */
class Race {
  readonly #voters: readonly Voter[];
  readonly #edges: readonly (readonly number[])[];
  readonly #supporters: readonly number[][];
  readonly #approval: readonly bigint[];
  readonly #score: bigint[];
  readonly #elected: boolean[];
  readonly #voterLoad: bigint[];
  /** By voter, then by position among its edges. */
  readonly #edgeLoad: readonly bigint[][];
  /** The part of each edge in the score of its candidate. */
  readonly #parts: readonly bigint[][];

  constructor(candidateCount: number, voters: readonly Voter[], edges: readonly (readonly number[])[]) {
    const approval = new Array<bigint>(candidateCount).fill(0n);
    const supporters = Array.from({ length: candidateCount }, (): number[] => []);
    for (const [voter, votes] of edges.entries()) {
      for (const at of votes) {
        approval[at] = saturated((approval[at] ?? 0n) + (voters[voter]?.stake ?? 0n));
        supporters[at]?.push(voter);
      }
    }
    this.#voters = voters;
    this.#edges = edges;
    this.#supporters = supporters;
    this.#approval = approval;
    // A candidate without votes comes last.
    this.#score = approval.map((stake) => (stake === 0n ? WHOLE * WHOLE : WHOLE / stake));
    this.#elected = approval.map(() => false);
    this.#voterLoad = voters.map(() => 0n);
    this.#edgeLoad = edges.map((votes) => votes.map(() => 0n));
    this.#parts = edges.map((votes) => votes.map(() => 0n));
  }

  electNext(): number {
    const winner = this.#best();
    const score = this.#score[winner] ?? 0n;
    this.#elected[winner] = true;
    for (const voter of this.#supporters[winner] ?? []) this.#load(voter, winner, score);
    return winner;
  }

  #best(): number {
    let best = -1;
    for (const [at, score] of this.#score.entries()) {
      if (this.#elected[at] !== true && (best < 0 || score < (this.#score[best] ?? 0n))) best = at;
    }
    return best;
  }

  /**
   * A voter of the winner now has the winner's score as its load, which raises the scores of its other
   * candidates.
   */
  #load(voter: number, winner: number, score: bigint): void {
    const before = this.#voterLoad[voter] ?? 0n;
    const stake = this.#voters[voter]?.stake ?? 0n;
    const loads = this.#edgeLoad[voter] ?? [];
    const parts = this.#parts[voter] ?? [];
    for (const [position, at] of (this.#edges[voter] ?? []).entries()) {
      if (at === winner) loads[position] = score > before ? score - before : 0n;
      const approval = this.#approval[at] ?? 0n;
      if (this.#elected[at] === true || approval === 0n) continue;
      const part = (score * stake) / approval;
      this.#score[at] = (this.#score[at] ?? 0n) + part - (parts[position] ?? 0n);
      parts[position] = part;
    }
    this.#voterLoad[voter] = score;
  }

  backing(): Pick<Elected, 'backing' | 'edges'> {
    const backing = this.#approval.map(() => 0n);
    const edges = this.#edges.map((votes, voter) => {
      const stake = this.#voters[voter]?.stake ?? 0n;
      const load = this.#voterLoad[voter] ?? 0n;
      const given = votes.flatMap((candidate, position) => {
        const part = load === 0n ? 0n : (stake * (this.#edgeLoad[voter]?.[position] ?? 0n)) / load;
        return this.#elected[candidate] === true && part > 0n ? [{ candidate, stake: part }] : [];
      });
      const whole = normalize(
        given.map((edge) => edge.stake),
        stake,
      );
      return given.map(({ candidate }, position) => {
        const amount = whole[position] ?? 0n;
        backing[candidate] = (backing[candidate] ?? 0n) + amount;
        return { candidate, stake: amount };
      });
    });
    return { backing, edges };
  }
}

function saturated(value: bigint): bigint {
  return value > WHOLE ? WHOLE : value;
}
