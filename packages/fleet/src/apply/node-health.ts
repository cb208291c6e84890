import { isRecord, type Json } from '../canonical/json.ts';
import type { Health } from '../live/port.ts';

/** The answer of `system_health`: `{ peers, isSyncing, shouldHavePeers }`. */
export function judgedHealth(name: string, answer: Json): Health {
  const health = isRecord(answer) ? answer.result : undefined;
  if (!isRecord(health) || typeof health.isSyncing !== 'boolean' || typeof health.peers !== 'number')
    return { state: 'unknown', detail: `${name} answers something else than its health` };
  if (health.isSyncing) return { state: 'waiting', detail: `${name} is syncing` };
  if (health.peers === 0 && health.shouldHavePeers !== false)
    return { state: 'waiting', detail: `${name} has no peers` };
  return { state: 'healthy' };
}
