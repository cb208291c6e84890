import { type ChainFacts, wasNominatedSince } from '../facts.ts';
import { end, type Turn, wait } from './turn.ts';

/**
 * True if the targets were set after the round was decided, so no transaction is needed: by the same round in
 * another database, or by an own flight that a node hides. The nomination from before the round never counts,
 * even if the round chose the same targets, nor does an unknown nomination.
 */
export function isDone(turn: Turn, facts: ChainFacts): boolean {
  const { nomination, block, relayHeight } = facts;
  const { intent, targets, flight } = turn.state;
  const { sinceEra } = intent;
  if (sinceEra === null || !nomination.known) return false;
  if (!wasNominatedSince(nomination.value, targets, sinceEra)) return false;
  const there = `block ${block.height} has the targets, set in era ${nomination.value?.submittedIn}; before the round it was an earlier one, or none`;
  const isLate = relayHeight.known && relayHeight.value >= intent.deadlineRelay;
  // The chain reports the nonce of its last flight as free. Until the deadline, that flight may still turn
  // out to be included.
  if (flight !== null && !isLate) {
    wait(turn, `who set the targets: ${there}`);
    return true;
  }
  end(turn, { result: 'superseded', reason: 'done-by-another', detail: there }, { block: block.hash });
  return true;
}
