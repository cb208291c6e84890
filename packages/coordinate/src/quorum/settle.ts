import { decide } from './decide.ts';
import { attributeSilence } from './fault-attribution.ts';
import { follow } from './follow.ts';
import { lead } from './lead.ts';
import { lockAndCommit } from './lock.ts';
import { moveUp } from './rank.ts';
import type { QuorumTurn } from './turn.ts';

/** A member's own steps, the most significant first. Each returns whether it did anything. */
const STEPS: readonly ((turn: QuorumTurn) => boolean)[] = [decide, moveUp, lead, follow, lockAndCommit];

/**
 * Every step fills a place of this member, asks a question or knows one more value; there are far fewer of
 * all these.
 */
const MAX_STEPS = 1_000;

/**
 * Do whatever the round now allows, until no step is left. The order in which messages came never matters, so
 * a proposal behind its prepares is as good as one before them.
 */
export function settle(turn: QuorumTurn): void {
  for (let i = 0; STEPS.some((step) => step(turn)); i++) {
    if (i === MAX_STEPS)
      throw new Error(`window ${turn.plan.window.index}: the routine does not come to rest`);
  }
  for (let rank = 1; rank < turn.plan.group.windows.rankCount; rank++) attributeSilence(turn, rank);
}
