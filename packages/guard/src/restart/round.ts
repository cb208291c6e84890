/**
 * A GRANDPA round. Rounds begin at 1 again in each authority set, so the pair orders them, never the round
 * alone.
 */
export interface Round {
  readonly setId: bigint;
  readonly round: bigint;
}

/** Negative if `a` is earlier, 0 if they are the same round, positive if `a` is later. */
export function compareRounds(a: Round, b: Round): number {
  if (a.setId !== b.setId) return a.setId < b.setId ? -1 : 1;
  if (a.round !== b.round) return a.round < b.round ? -1 : 1;
  return 0;
}

/** For example `set 12 round 803`. */
export function roundText({ setId, round }: Round): string {
  return `set ${setId} round ${round}`;
}
