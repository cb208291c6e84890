import { type IntentState, isInFlight } from './state.ts';

/** More intents than nominators: above it, intents are made and do not end. */
export const MOST_OPEN = 1_000;

/** The order of turns: the nearest deadline first. */
export function inOrder(open: readonly IntentState[]): readonly IntentState[] {
  return open.toSorted((a, b) => {
    const difference = a.intent.deadlineRelay - b.intent.deadlineRelay;
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    return a.intent.id < b.intent.id ? -1 : 1;
  });
}

/**
 * Whether an intent may start an extrinsic: no other extrinsic of its account is open, and no older intent of
 * its nominator is open. `open` is in the order of creation.
 */
export function mayBegin({ intent }: IntentState, open: readonly IntentState[]): boolean {
  const isFree = open.every(
    (other) => other.intent.id === intent.id || other.intent.signer !== intent.signer || !isInFlight(other),
  );
  const first = open.find((other) => other.intent.nominator === intent.nominator);
  return isFree && (first === undefined || first.intent.id === intent.id);
}
