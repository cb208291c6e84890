import type { Electorate } from './electorate.ts';

/** Scores and loads are fixed-point numbers over this denominator, as in the runtime. */
const WHOLE = 2n ** 128n - 1n;
/** The score of a candidate without votes: it comes last. */
const LAST = WHOLE * WHOLE;

/** The winners in the order of the rounds, each with its exact score: the load of its supporters. */
export interface Result {
  readonly winners: readonly number[];
  readonly scores: readonly bigint[];
}

/**
 * Runs an election: each round elects the candidate with the least score, the first of the list in a tie, and
 * its score becomes the load of its voters. The result is that of exact scores. They are computed for few
 * candidates only, in two steps. Loads never fall, so a score is at least its last estimate: a candidate is
 * estimated anew only when that bound is below the least score. And an estimate in floating point has a known
 * error: the exact score is computed only for candidates that can be the least by their estimates.
 */
export function electFrom(electorate: Electorate, seats: number): Result {
  const race = new Race(electorate);
  const most = Math.min(seats, electorate.supporters.length);
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
  readonly #approvals: readonly bigint[];
  readonly #weights: Float64Array;
  readonly #loads: bigint[];
  readonly #loadEstimates: Float64Array;
  /** By candidate: the score is not below this; infinite for winners. */
  readonly #lowest: Float64Array;

  constructor(electorate: Electorate) {
    this.#electorate = electorate;
    this.#approvals = electorate.approvals.map((sum) => (sum > WHOLE ? WHOLE : sum));
    this.#weights = Float64Array.from(electorate.stakes, Number);
    this.#loads = electorate.stakes.map(() => 0n);
    this.#loadEstimates = new Float64Array(electorate.stakes.length);
    this.#lowest = new Float64Array(electorate.supporters.length);
  }

  electNext(): { readonly winner: number; readonly score: bigint } {
    const ceiling = this.#ceiling();
    let [winner, score] = [-1, 0n];
    for (let at = 0; at < this.#lowest.length; at++) {
      if ((this.#lowest[at] ?? 0) > ceiling) continue;
      const exact = this.#exactScore(at);
      if (winner < 0 || exact < score) [winner, score] = [at, exact];
    }
    this.#lowest[winner] = Number.POSITIVE_INFINITY;
    for (const voter of this.#electorate.supporters[winner] ?? []) {
      this.#loads[voter] = score;
      this.#loadEstimates[voter] = Number(score);
    }
    return { winner, score };
  }

  /** The least score is not above this. All candidates that can have it are estimated anew. */
  #ceiling(): number {
    const lowest = this.#lowest;
    let first = 0;
    for (let at = 1; at < lowest.length; at++) if ((lowest[at] ?? 0) < (lowest[first] ?? 0)) first = at;
    // The likely winner comes first, so that few others are estimated.
    let ceiling = this.#estimate(first);
    for (let at = 0; at < lowest.length; at++)
      if (at !== first && (lowest[at] ?? 0) <= ceiling) ceiling = Math.min(ceiling, this.#estimate(at));
    return ceiling;
  }

  /** Estimates a score, stores its lower bound, and returns its upper bound. */
  #estimate(candidate: number): number {
    const voters = this.#electorate.supporters[candidate] ?? new Int32Array();
    const approval = this.#approvals[candidate] ?? 0n;
    const [loads, weights] = [this.#loadEstimates, this.#weights];
    let sum = Number(WHOLE);
    for (const voter of voters) sum += (loads[voter] ?? 0) * (weights[voter] ?? 0);
    const estimate = approval === 0n ? Number(LAST) : sum / Number(approval);
    // Each operation on floating-point numbers, and each exact part, which is rounded down.
    const error = estimate * (voters.length + 16) * Number.EPSILON + voters.length + 2;
    this.#lowest[candidate] = estimate - error;
    return estimate + error;
  }

  /** The runtime rounds the part of each voter down separately. */
  #exactScore(candidate: number): bigint {
    const approval = this.#approvals[candidate] ?? 0n;
    if (approval === 0n) return LAST;
    let score = WHOLE / approval;
    for (const voter of this.#electorate.supporters[candidate] ?? []) {
      const load = this.#loads[voter] ?? 0n;
      if (load !== 0n) score += (load * (this.#electorate.stakes[voter] ?? 0n)) / approval;
    }
    return score;
  }
}
