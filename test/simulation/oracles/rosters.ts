import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** R: a node is granted nothing, also no repeat, if no policy in force during its claim lists it. */
export function grantedToRemoved(events: readonly SimEvent[]): Violation | null {
  for (const event of events) {
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    if (event.rosters.some((roster) => roster.includes(event.node))) continue;
    return { promise: 'R', what: `${event.node} is not listed and was granted`, events: [event] };
  }
  return null;
}
