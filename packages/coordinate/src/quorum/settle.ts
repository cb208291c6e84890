import { decide, sayCertificate } from './decide.ts';
import { attributeSilence } from './fault-attribution.ts';
import { follow } from './follow.ts';
import { lead } from './lead.ts';
import { lockAndCommit } from './lock.ts';
import { moveUp } from './rank.ts';
import type { QuorumTurn } from './turn.ts';

/** A member's own steps, the most significant first. Each returns whether it did anything. */
const STEPS: readonly ((turn: QuorumTurn) => boolean)[] = [
  decide,
  sayCertificate,
  moveUp,
  lead,
  follow,
  lockAndCommit,
];

/** Far more than possible: every step fills a place of this member, asks a question or learns one value. */
const MAX_STEPS = 1_000;

/**
 * Takes all steps that the round allows, until none is left. So the order of messages does not matter: a
 * proposal may arrive after its prepares.
 */
export function settle(turn: QuorumTurn): void {
  for (let i = 0; STEPS.some((step) => step(turn)); i++) {
    if (i === MAX_STEPS)
      throw new Error(
        `window ${turn.plan.window.index}: the rules took more steps than are possible; this is a defect`,
      );
  }
  for (let rank = 1; rank < turn.plan.group.windows.rankCount; rank++) attributeSilence(turn, rank);
}
