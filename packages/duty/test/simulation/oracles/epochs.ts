import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** After the epoch changed, no claim that arrives later is granted for a key that was not adopted since. */
export function grantedUnderOldEpoch(events: readonly SimEvent[]): Violation | null {
  let changed: SimEvent | null = null;
  const adopted = new Set<string>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) changed = null;
    if (event.kind === 'epoch') {
      changed = event;
      adopted.clear();
    }
    if (event.kind === 'operator' && event.act === 'adopt' && event.key !== null) adopted.add(event.key);
    if (changed === null || event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    if (event.arrivedMs <= changed.atMs || adopted.has(event.reply.key)) continue;
    return {
      promise: 'E',
      what: 'a mark of an older epoch granted before it was adopted',
      events: [changed, event],
    };
  }
  return null;
}
