import { stepVotes, voteSentence } from '../restart/votes.ts';
import type { GuardRun } from './facts.ts';
import type { GuardParts } from './parts.ts';
import { standbyReason } from './role.ts';

/**
 * Takes a person's word, which is about the wait of this moment. A word that allows nothing now is dropped:
 * kept, it would end a later wait of which the person knew nothing, for example the one after a clone.
 */
export function takeAllowance(parts: GuardParts, run: GuardRun): void {
  const allowance = parts.allowed();
  if (allowance === null) return;
  const refusal = whyNotNow(parts, run);
  if (refusal === null)
    run.votes = stepVotes(run.votes, { type: 'person-allows', ...allowance }, parts.rules.votes);
  parts.events.allowed(allowance, refusal);
}

function whyNotNow(parts: GuardParts, run: GuardRun): string | null {
  const { votes } = run;
  if (votes.phase === 'clone') return voteSentence(votes, parts.rules.votes);
  return votes.phase === 'free' ? 'no key waits for the votes' : standbyReason(parts, run);
}

/** Drops a word that was left while no process of the node was there. */
export function dropAllowance({ allowed, events }: GuardParts): void {
  const allowance = allowed();
  if (allowance !== null) events.allowed(allowance, 'it was given before this process of the node');
}
