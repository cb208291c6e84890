import { stepVotes } from '../restart/votes.ts';
import type { GuardRun } from './facts.ts';
import type { GuardParts } from './parts.ts';
import { standbyReason } from './role.ts';

/** How long a word is held for a role that this machine may be about to get, as after a take-over. */
const HELD_MS = 120_000;

/**
 * Takes a person's word, which is about the wait of this moment. A word that allows nothing now is dropped:
 * kept, it would end a later wait of which the person knew nothing, for example the one after a clone.
 */
export function takeAllowance(parts: GuardParts, run: GuardRun): void {
  const left = parts.allowed();
  if (left !== null) run.word = { ...left, untilMs: parts.uptimeMs() + HELD_MS };
  if (run.word === null) return;
  const standby = standbyReason(parts, run);
  const isHeld = standby !== null && parts.uptimeMs() <= run.word.untilMs;
  if (run.votes.phase === 'waiting' && isHeld) return;
  const { by, reason } = run.word;
  const refusal = run.votes.phase === 'waiting' ? standby : 'no key waits for the votes';
  run.word = null;
  if (refusal === null)
    run.votes = stepVotes(run.votes, { type: 'person-allows', by, reason }, parts.rules.votes);
  parts.events.allowed({ by, reason }, refusal);
}

/** Drops a word that was left while no process of the node was there. */
export function dropAllowance({ allowed, events }: GuardParts): void {
  const allowance = allowed();
  if (allowance !== null) events.allowed(allowance, 'it was given before this process of the node');
}
