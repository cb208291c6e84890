import type { Role } from '../graph/resource.ts';
import type { Settings } from '../network/settings.ts';

/** Ports of the first node of a place. */
export const FIRST_PORTS: Settings['ports'] = {
  p2p: 30333,
  rpc: 9944,
  metrics: 9615,
  relayP2p: 31333,
  relayRpc: 10944,
  relayMetrics: 10615,
};

/**
 * Default settings of a role. Image, binary and release have no default, because the operator must decide.
 */
export function defaultsOf(role: Role): Record<string, unknown> {
  const signs = role === 'validator' || role === 'collator';
  const size = SIZES[role];
  const defaults: Omit<Settings, 'software'> & { readonly software: Partial<Settings['software']> } = {
    software: { image: null, binary: null, imagePullSecrets: [], companions: {}, command: 'polkadot' },
    flags: { 'no-mdns': true },
    relayFlags: {},
    customFlags: [],
    pruning: role === 'archive' ? 'archive' : 256,
    storage: { chainGiB: size.chainGiB, relayGiB: 300, keystoreMiB: 64, class: null },
    resources: { cpu: size.cpu, memoryGiB: size.memoryGiB },
    ports: FIRST_PORTS,
    keys: {
      session: { source: 'born', secret: null, set: null, types: {} },
      node: { source: 'born', secret: null, peerId: null },
    },
    exposure: {
      p2p: 'none',
      nodePort: null,
      address: null,
      rpc: role === 'rpc' ? 'cluster' : 'none',
      gateway: null,
    },
    monitoring: { metrics: true, podMonitor: false },
    placement: {
      nodeSelector: {},
      spread: signs || role === 'boot' ? 'host' : 'none',
      tolerations: [],
      affinity: null,
      priorityClassName: null,
    },
    environment: {},
    annotations: {},
    labels: {},
    // The user of parity's images.
    runAs: { user: 1000, group: 1000 },
    startup: { periodSeconds: 10, failureThreshold: 60 },
    extraContainers: [],
    layout: role === 'rpc' ? 'one-set' : 'set-each',
    autoscale: null,
    duty: null,
  };
  return defaults;
}

const SIZES: Readonly<
  Record<Role, { readonly chainGiB: number; readonly cpu: number; readonly memoryGiB: number }>
> = {
  validator: { chainGiB: 300, cpu: 4, memoryGiB: 16 },
  collator: { chainGiB: 300, cpu: 4, memoryGiB: 16 },
  boot: { chainGiB: 100, cpu: 1, memoryGiB: 4 },
  rpc: { chainGiB: 300, cpu: 2, memoryGiB: 8 },
  archive: { chainGiB: 3000, cpu: 2, memoryGiB: 16 },
  backup: { chainGiB: 300, cpu: 1, memoryGiB: 8 },
};
