import { type ChainFacts, hasTargets, type Nomination, wasNominatedSince } from '../facts.ts';
import type { IntentState } from '../state.ts';
import { end, type Turn, wait } from './turn.ts';

/** Whether a nomination is what the intent asks for. */
export function isAsAsked(
  { intent, targets }: Pick<IntentState, 'intent' | 'targets'>,
  nomination: Nomination | null,
): boolean {
  return intent.call === 'chill' ? nomination === null : hasTargets(nomination, targets);
}

/**
 * True if the targets were set after the round was decided, so no transaction is needed: by the same round in
 * another database, or by an own flight that a node hides. The nomination from before the round never counts,
 * even if the round chose the same targets, nor does an unknown nomination. A chill is not needed once the
 * stash backs none, or others than those that were judged.
 */
export function isDone(turn: Turn, facts: ChainFacts): boolean {
  const { nomination, block, relayHeight } = facts;
  const { intent, targets, flight } = turn.state;
  const { sinceEra, call } = intent;
  if (!nomination.known) return false;
  const { value } = nomination;
  const isOver = call === 'chill' ? !hasTargets(value, targets) : wasNominatedSince(value, targets, sinceEra);
  if (!isOver) return false;
  const there =
    call === 'chill'
      ? `in block ${block.height} the stash ${value === null ? 'does not nominate' : `has other targets, set in era ${value.submittedIn}`}`
      : `block ${block.height} has the targets, set in era ${value?.submittedIn}; before the round it was an earlier one, or none`;
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
