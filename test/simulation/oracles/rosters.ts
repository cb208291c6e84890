import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** A node that a policy no longer lists is granted no claim that arrives after the commit. */
export function grantedToRemoved(events: readonly SimEvent[]): Violation | null {
  const listed = new Map<string, SimEvent & { kind: 'operator' }>();
  let uncertain = new Set<string>();
  for (const event of events) {
    // The policy itself went back with the store, or it is not known which one is in force.
    if (event.kind === 'restore' && event.store) {
      listed.clear();
      uncertain = new Set();
    }
    if (event.kind === 'operator' && event.act === 'policy' && event.key !== null) {
      if (event.error === null) listed.set(event.key, event);
      else listed.delete(event.key);
    }
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    const policy = listed.get(event.reply.key);
    if (policy?.roster === undefined || policy.roster === null || uncertain.has(event.reply.key)) continue;
    if (event.arrivedMs <= policy.atMs || policy.roster.includes(event.node)) continue;
    return { promise: 'R', what: `${event.node} is not listed and was granted`, events: [policy, event] };
  }
  return null;
}
