import { isRecord, type Json } from '@watchbill/kit';
import type { ChainNodes } from '../../file/graph/index.ts';
import type { Health } from '../../file/live/index.ts';

/**
 * Judges the answer of `system_health`: `{ peers, isSyncing, shouldHavePeers }`. A node without peers is
 * unhealthy unless it may be alone.
 */
export function judgedHealth(name: string, answer: Json): Health {
  const health = isRecord(answer) ? answer.result : undefined;
  if (!isRecord(health) || typeof health.isSyncing !== 'boolean' || typeof health.peers !== 'number')
    return { state: 'unknown', detail: `${name} did not answer with its health` };
  if (health.isSyncing) return { state: 'waiting', detail: `${name} is syncing` };
  if (health.peers > 0) return { state: 'healthy' };
  const peers = health.shouldHavePeers === false ? 'untold' : 'missed';
  return { state: 'waiting', detail: `${name} has no peers`, peers };
}

/**
 * Whether a node without peers may be alone: no other node of its chain runs, and no node outside the file is
 * known to run it. So the first node of a chain passes before there is a second, and the second passes only
 * once it has found the first.
 */
export async function healthInCompany(
  id: string,
  health: Health,
  chains: readonly ChainNodes[],
  healthOf: (id: string) => Promise<Health>,
): Promise<Health> {
  if (health.state !== 'waiting' || health.peers === undefined) return health;
  const chain = chains.find(({ nodes }) => nodes.includes(id));
  if (health.peers === 'missed' && chain?.ownOnly !== true) return health;
  for (const other of chain?.nodes ?? []) {
    if (other === id) continue;
    const { state } = await healthOf(other);
    if (state === 'healthy')
      return { state: 'waiting', detail: `${health.detail}, and ${other} runs the same chain` };
    if (state === 'unknown')
      return { state: 'unknown', detail: `${health.detail}, and it is not known whether ${other} runs` };
  }
  return { state: 'healthy' };
}
