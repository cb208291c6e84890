import { type Electorate, edgesOf, type Voter } from './electorate.ts';

/** Scores and loads are fixed-point numbers over this denominator, as in the runtime. */
export const WHOLE = 2n ** 128n - 1n;
/** The score of a candidate without votes: it comes last. */
const LAST = WHOLE * WHOLE;
/** The most by which one update of an estimate can be wrong, as a share of the score: eight roundings. */
const UPDATE_ERROR = 2 ** -50;

/** The voters of one election that differ from the electorate. */
export interface Changes {
  /** Voters that do not vote, by position. */
  readonly without: Iterable<number>;
  /** Voters that the electorate does not have. */
  readonly added: readonly Voter[];
}

/** The winners in the order of the rounds, each with its exact score: the load of its supporters. */
export interface Result {
  readonly winners: readonly number[];
  readonly scores: readonly bigint[];
}

/**
 * Runs an election of the electorate with some voters changed. A score has one exact part for each supporter,
 * which is expensive: so the scores of all candidates are floating-point estimates with a known error, and
 * exact only for the candidates that can be the least by these. The result is that of exact scores.
 */
export function electFrom(electorate: Electorate, seats: number, changes: Changes): Result {
  const race = new Race(electorate, changes);
  const most = Math.min(seats, electorate.candidateCount);
  const winners: number[] = [];
  const scores: bigint[] = [];
  while (winners.length < most) {
    const { winner, score } = race.electNext();
    winners.push(winner);
    scores.push(score);
  }
  return { winners, scores };
}

/** The state of an election. It is a class because every round changes it in place. */
class Race {
  readonly #electorate: Electorate;
  readonly #stakes: bigint[];
  readonly #weights: Float64Array;
  readonly #addedVotes: readonly (readonly number[])[];
  readonly #addedSupporters = new Map<number, number[]>();
  readonly #approvals: readonly bigint[];
  readonly #inverses: Float64Array;
  readonly #estimates: Float64Array;
  /** By candidate: the most by which exact and estimated score differ besides the share of the score. */
  readonly #slack: Float64Array;
  readonly #errorShare: number;
  readonly #isElected: Uint8Array;
  readonly #loads: bigint[];
  readonly #loadEstimates: Float64Array;
  /** Exact scores that still hold. */
  readonly #exact: (bigint | null)[];

  constructor(electorate: Electorate, { without, added }: Changes) {
    const { candidateCount: count, supporterStart } = electorate;
    this.#electorate = electorate;
    this.#stakes = [...electorate.stakes, ...added.map(({ stake }) => stake)];
    this.#addedVotes = added.map(({ votes }) => edgesOf(votes, count));
    this.#approvals = this.#approvalsOf(without);
    this.#weights = Float64Array.from(this.#stakes, Number);
    this.#inverses = Float64Array.from(this.#approvals, (stake) => (stake === 0n ? 0 : 1 / Number(stake)));
    this.#exact = this.#approvals.map((stake) => (stake === 0n ? LAST : WHOLE / stake));
    this.#estimates = Float64Array.from(this.#exact, Number);
    this.#slack = Float64Array.from(
      { length: count },
      (_, at) =>
        2 +
        ((supporterStart[at + 1] ?? 0) - (supporterStart[at] ?? 0)) +
        (this.#addedSupporters.get(at)?.length ?? 0),
    );
    this.#errorShare = UPDATE_ERROR * (this.#mostUpdates() + 8);
    this.#isElected = new Uint8Array(count);
    this.#loads = this.#stakes.map(() => 0n);
    this.#loadEstimates = new Float64Array(this.#stakes.length);
  }

  electNext(): { readonly winner: number; readonly score: bigint } {
    const { winner, score } = this.#best();
    const { supporterStart, supporters } = this.#electorate;
    const estimate = Number(score);
    this.#isElected[winner] = 1;
    const end = supporterStart[winner + 1] ?? 0;
    for (let at = supporterStart[winner] ?? 0; at < end; at++) this.#load(supporters[at] ?? 0, score, estimate);
    for (const voter of this.#addedSupporters.get(winner) ?? []) this.#load(voter, score, estimate);
    return { winner, score };
  }

  #approvalsOf(without: Iterable<number>): readonly bigint[] {
    const { stakes, voteStart, votes, approvals } = this.#electorate;
    const sums = [...approvals];
    for (const voter of new Set(without)) {
      for (const at of votes.subarray(voteStart[voter], voteStart[voter + 1]))
        sums[at] = (sums[at] ?? 0n) - (stakes[voter] ?? 0n);
      this.#stakes[voter] = 0n;
    }
    for (const [index, own] of this.#addedVotes.entries()) {
      const voter = stakes.length + index;
      for (const at of own) {
        sums[at] = (sums[at] ?? 0n) + (this.#stakes[voter] ?? 0n);
        this.#addedSupporters.set(at, [...(this.#addedSupporters.get(at) ?? []), voter]);
      }
    }
    return sums.map((sum) => (sum > WHOLE ? WHOLE : sum));
  }

  /** The most updates that the estimate of one candidate can get: each supporter has one per vote. */
  #mostUpdates(): number {
    const { candidateCount, supporterStart, supporters, voteStart } = this.#electorate;
    let most = 0;
    for (let at = 0; at < candidateCount; at++) {
      let updates = 0;
      for (const voter of supporters.subarray(supporterStart[at], supporterStart[at + 1]))
        updates += (voteStart[voter + 1] ?? 0) - (voteStart[voter] ?? 0);
      for (const voter of this.#addedSupporters.get(at) ?? [])
        updates += this.#addedVotes[voter - this.#electorate.stakes.length]?.length ?? 0;
      most = Math.max(most, updates);
    }
    return most;
  }

  /** The candidate with the least exact score, the first of the list in a tie. */
  #best(): { readonly winner: number; readonly score: bigint } {
    const [estimates, slack, share] = [this.#estimates, this.#slack, this.#errorShare];
    let ceiling = Number.POSITIVE_INFINITY;
    for (let at = 0; at < estimates.length; at++) {
      if (this.#isElected[at] === 1) continue;
      const highest = (estimates[at] ?? 0) * (1 + share) + (slack[at] ?? 0);
      if (highest < ceiling) ceiling = highest;
    }
    let winner = -1;
    let score = 0n;
    for (let at = 0; at < estimates.length; at++) {
      const lowest = (estimates[at] ?? 0) * (1 - share) - (slack[at] ?? 0);
      if (this.#isElected[at] === 1 || lowest > ceiling) continue;
      const exact = this.#exactScore(at);
      if (winner < 0 || exact < score) [winner, score] = [at, exact];
    }
    return { winner, score };
  }

  /** The runtime rounds each supporter's part down separately. */
  #exactScore(candidate: number): bigint {
    const known = this.#exact[candidate] ?? null;
    if (known !== null) return known;
    const { supporterStart, supporters } = this.#electorate;
    const approval = this.#approvals[candidate] ?? 0n;
    let score = WHOLE / approval;
    const end = supporterStart[candidate + 1] ?? 0;
    for (let at = supporterStart[candidate] ?? 0; at < end; at++)
      score += this.#part(supporters[at] ?? 0, approval);
    for (const voter of this.#addedSupporters.get(candidate) ?? []) score += this.#part(voter, approval);
    this.#exact[candidate] = score;
    return score;
  }

  #part(voter: number, approval: bigint): bigint {
    const load = this.#loads[voter] ?? 0n;
    return load === 0n ? 0n : (load * (this.#stakes[voter] ?? 0n)) / approval;
  }

  /** A voter of the winner gets the winner's score as its load, which raises its other candidates' scores. */
  #load(voter: number, score: bigint, estimate: number): void {
    const weight = this.#weights[voter] ?? 0;
    if (weight === 0) return;
    const step = (estimate - (this.#loadEstimates[voter] ?? 0)) * weight;
    const { stakes, voteStart, votes } = this.#electorate;
    if (voter < stakes.length) {
      const end = voteStart[voter + 1] ?? 0;
      for (let at = voteStart[voter] ?? 0; at < end; at++) this.#raise(votes[at] ?? 0, step);
    } else for (const at of this.#addedVotes[voter - stakes.length] ?? []) this.#raise(at, step);
    this.#loads[voter] = score;
    this.#loadEstimates[voter] = estimate;
  }

  #raise(candidate: number, step: number): void {
    this.#estimates[candidate] = (this.#estimates[candidate] ?? 0) + step * (this.#inverses[candidate] ?? 0);
    if ((this.#approvals[candidate] ?? 0n) !== 0n) this.#exact[candidate] = null;
  }
}
