import { type IntentState, isInFlight } from './state.ts';

/** More than a programme has nominators; beyond it something makes intents and nothing ends them. */
export const MOST_OPEN = 1_000;

/** Who is given a turn first: what is nearest to its deadline. */
export function inOrder(open: readonly IntentState[]): readonly IntentState[] {
  return open.toSorted((a, b) => {
    const difference = a.intent.deadlineRelay - b.intent.deadlineRelay;
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    return a.intent.id < b.intent.id ? -1 : 1;
  });
}

/**
 * Whether an intent may begin an extrinsic: nothing else of its account is on its way, and no older intent of its nominator is
 * open. `open` is in the order in which they were made.
 */
export function mayBegin({ intent }: IntentState, open: readonly IntentState[]): boolean {
  const isFree = open.every(
    (other) => other.intent.id === intent.id || other.intent.signer !== intent.signer || !isInFlight(other),
  );
  const first = open.find((other) => other.intent.nominator === intent.nominator);
  return isFree && (first === undefined || first.intent.id === intent.id);
}
