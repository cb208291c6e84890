import type { VirtualClock } from '@watchbill/kit/testing';
import type { SeededRandom } from './seeded-random.ts';

/** The faults between the store and one client. Probabilities are per call. */
export interface StoreFaults {
  /** Each way takes at least and at most this long, in milliseconds. */
  readonly delayMs: readonly [least: number, most: number];
  /** The answer to a transaction is lost after it was applied. */
  readonly loseAnswer: number;
  /** The request is lost; the caller cannot know. */
  readonly loseRequest: number;
  /** The request is applied at most this long after the caller got `ambiguous`. */
  readonly applyLate: number;
  readonly lateMs: readonly [least: number, most: number];
  /** Some transactions of the call are applied and some are not, and the answer is lost. */
  readonly applySome: number;
  /** Refused at once: certainly not applied, and the caller knows. */
  readonly refuse: number;
  /** A read, or a call about a lease, gets no answer; the lease may still have been kept alive. */
  readonly loseOther: number;
}

export const NO_FAULTS: StoreFaults = {
  delayMs: [1, 1],
  loseAnswer: 0,
  loseRequest: 0,
  applyLate: 0,
  lateMs: [1, 1],
  applySome: 0,
  refuse: 0,
  loseOther: 0,
};

/** `no-requests`: no request arrives. `no-answers`: everything is applied and no answer comes back. */
export type Cut = 'no-requests' | 'no-answers';

/** The fate of one call. */
export type Fate = 'answered' | 'answer-lost' | 'request-lost' | 'late' | 'some' | 'refused';

/** The line between the store and one client. */
export interface StoreLine {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  faults: StoreFaults;
  cut: Cut | null;
}

/** The time of one way, in milliseconds. */
export function delayMs({ random, faults }: StoreLine): number {
  return random.int(...faults.delayMs);
}

export function fateOfTransaction(line: StoreLine): Fate {
  const { faults } = line;
  return drawFate(line, [
    ['answer-lost', faults.loseAnswer],
    ['request-lost', faults.loseRequest],
    ['late', faults.applyLate],
    ['some', faults.applySome],
    ['refused', faults.refuse],
  ]);
}

export function fateOfOther(line: StoreLine): Fate {
  const { faults } = line;
  return drawFate(line, [
    ['answer-lost', faults.loseOther / 2],
    ['request-lost', faults.loseOther / 2],
  ]);
}

function drawFate({ random, cut }: StoreLine, chances: readonly (readonly [Fate, number])[]): Fate {
  const drawn = random.float();
  if (cut === 'no-requests') return 'request-lost';
  let bound = 0;
  let fate: Fate = 'answered';
  for (const [name, chance] of chances) {
    if (fate === 'answered' && drawn < bound + chance) fate = name;
    bound += chance;
  }
  return cut === 'no-answers' && fate === 'answered' ? 'answer-lost' : fate;
}
