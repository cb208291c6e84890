import type { Settings } from '../network/settings.ts';
import type { FleetNode } from '../normalise/network.ts';

/**
 * The port of the hosts of a cluster that leads to a node; null if the cluster chooses it, or there is none.
 */
export function nodePortOf({ settings, index }: Pick<FleetNode, 'settings' | 'index'>): number | null {
  const { p2p, nodePort } = settings.exposure;
  return p2p === 'none' || nodePort === null ? null : nodePort + index;
}

/**
 * Ports of a node. Nodes of one pool that share a machine count upwards; in a cluster each pod has an
 * address.
 */
export function portsOf(
  { settings, index }: Pick<FleetNode, 'settings' | 'index'>,
  target: 'kubernetes' | 'machine',
): Settings['ports'] {
  const step = target === 'machine' ? index : 0;
  const { p2p, rpc, metrics, relayP2p, relayRpc, relayMetrics } = settings.ports;
  return {
    p2p: p2p + step,
    rpc: rpc + step,
    metrics: metrics + step,
    relayP2p: relayP2p + step,
    relayRpc: relayRpc + step,
    relayMetrics: relayMetrics + step,
  };
}
