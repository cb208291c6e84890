import { type ChainFacts, wasNominatedSince } from '../facts.ts';
import { end, type Turn, wait } from './turn.ts';

/**
 * True where nothing more is to be sent, since the targets were set after the round was decided: by the same round in another database,
 * or by a flight of its own that a node hides. What the stash had before, as in a round that chooses the same again, never counts, nor
 * does a nomination that is not known.
 */
export function isDone(turn: Turn, facts: ChainFacts): boolean {
  const { nomination, block, relayHeight } = facts;
  const { intent, targets, flight } = turn.state;
  const { sinceEra } = intent;
  if (sinceEra === null || !nomination.known) return false;
  if (!wasNominatedSince(nomination.value, targets, sinceEra)) return false;
  const there = `block ${block.height} has the targets, set in era ${nomination.value?.submittedIn}; before the round it was an earlier one, or none`;
  const isLate = relayHeight.known && relayHeight.value >= intent.deadlineRelay;
  // The nonce of its last flight is free, they say: until the deadline that may still turn out to be what landed.
  if (flight !== null && !isLate) {
    wait(turn, `who set the targets: ${there}`);
    return true;
  }
  end(turn, { result: 'superseded', reason: 'done-by-another', detail: there }, { block: block.hash });
  return true;
}
