import type { SimEvent, WriteEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * T: a grant's transaction met the records that the rule compares (claim protocol, section 4): the last entry
 * of its mark, a policy that lists its node and leaves the key unfrozen, the session of its service, the
 * epoch, and for `enter` the watch.
 */
export function grantedWithoutCompare(events: readonly SimEvent[]): Violation | null {
  for (const event of events) {
    if (event.kind !== 'write' || event.act !== 'grant') continue;
    const what = problemOf(event);
    if (what !== null) return { promise: 'T', what, events: [event] };
  }
  return null;
}

function problemOf({ store, unit, duty, ...event }: WriteEvent): string | null {
  const name = `${duty} ${unit} was granted`;
  if (event.before !== null && event.prev !== event.before)
    return `${name} on top of another entry than the last one of the mark`;
  if (event.node !== null && !store.roster.includes(event.node))
    return `${name} to ${event.node}, which the policy in the store does not list`;
  if (store.frozen) return `${name}, while the policy in the store froze the key`;
  if (!store.session) return `${name} by a service that has no session in the store`;
  if (event.epoch !== store.epoch) return `${name} under another epoch than that of the store`;
  return event.parts.includes('enter') && event.incarnation !== ORIGINAL
    ? watchProblem(name, event, store)
    : null;
}

/** The original wire protocol names no term: the service takes the one of the watch that it read. */
const ORIGINAL = 'original';

function watchProblem(
  name: string,
  { node, term }: Pick<WriteEvent, 'node' | 'term'>,
  { holder, term: now }: WriteEvent['store'],
): string | null {
  if (holder !== node) return `${name} to ${node} at enter, while ${holder ?? 'no node'} was active`;
  return term === null || term === now
    ? null
    : `${name} under term ${term}, while the watch was at term ${now}`;
}
