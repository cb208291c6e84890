import type { Round } from './chain.ts';

/** Moments inside slots and rounds, as shares of their length; the claim protocol gives the deadlines. */
export type Timing = ReturnType<typeof timing>;

export function timing(slotMs: number) {
  const at = (round: Round, share: number): number => round.startMs + (round.endMs - round.startMs) * share;
  return {
    /** Past two thirds of its slot a block is not sealed. */
    sealDeadlineMs: (slotStartMs: number) => slotStartMs + (slotMs * 2) / 3,
    /** Past this the node abstains for the round: it has not been let in. */
    enterDeadlineMs: (round: Round) => at(round, 0.65),
    precommitAtMs: (round: Round) => at(round, 0.35),
    /** A vote that comes while the next round runs still counts; later it is missed. */
    voteDeadlineMs: (round: Round) => at(round, 2),
    readinessEveryMs: Math.round(slotMs * 0.15),
    observeEveryMs: Math.round(slotMs * 0.5),
    standbyDelayMs: Math.round(slotMs * 0.3),
    /** A holder that was not heard for this long lost the watch; short enough to enter the running round. */
    watchTtlMs: Math.round(slotMs * 0.8),
  };
}
