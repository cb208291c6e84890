import { findViolation, type HistoryEvent } from '@watchbill/testkit/sim';
import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

const KINDS: ReadonlySet<string> = new Set(['reply', 'told', 'release', 'remark']);

/** I, J and K: never two digests of one part, one incarnation, no signature without a durable grant. */
export function brokenPromise(events: readonly SimEvent[]): Violation | null {
  const history = events.filter((event): event is SimEvent & HistoryEvent => KINDS.has(event.kind));
  const found = findViolation(history);
  if (found === null) return null;
  return { promise: found.invariant, what: found.what, events: found.events as readonly SimEvent[] };
}
