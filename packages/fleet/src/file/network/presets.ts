import type { PresetName } from './preset-names.ts';

type PoolSettings = Readonly<Record<string, unknown>>;

/** A preset with its purpose, and its pools as they could be in a file. */
export interface Preset {
  readonly about: string;
  readonly pools: Readonly<Record<string, PoolSettings>>;
}

const BOOT: PoolSettings = { role: 'boot', count: 1, keys: { node: { source: 'secret', secret: '{node}' } } };

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  'solo-chain': {
    about: 'a separate chain: three validators and two RPC nodes',
    pools: {
      validators: { role: 'validator', count: 3 },
      rpc: { role: 'rpc', count: 2 },
    },
  },
  'relay-network': {
    about: 'a relay chain: four validators, a boot node, two RPC nodes, an archive',
    pools: {
      validators: { role: 'validator', count: 4, flags: { 'pool-limit': 8192 } },
      boot: BOOT,
      rpc: { role: 'rpc', count: 2 },
      archive: { role: 'archive', count: 1 },
    },
  },
  parachain: {
    about: 'a parachain: two collators, a boot node, two RPC nodes, a backup node',
    pools: {
      collators: { role: 'collator', count: 2 },
      boot: BOOT,
      rpc: { role: 'rpc', count: 2 },
      backup: { role: 'backup', count: 1 },
    },
  },
  'api-nodes': {
    about: 'RPC nodes of a public chain, as many as the load asks for, and an archive',
    pools: {
      rpc: {
        role: 'rpc',
        count: 3,
        flags: { 'rpc-max-connections': 1000, 'rpc-rate-limit': 600 },
        autoscale: { by: 'cpu', min: 3, max: 12, target: 70, prometheus: null },
        placement: { spread: 'zone' },
      },
      archive: { role: 'archive', count: 1 },
    },
  },
  'boot-nodes': {
    about: 'boot nodes of a public chain, reachable from everywhere, with peer ids that stay',
    pools: {
      boot: {
        ...BOOT,
        count: 2,
        flags: { 'in-peers': 200, 'out-peers': 50 },
        exposure: { p2p: 'load-balancer' },
        placement: { spread: 'zone' },
      },
    },
  },
  simulation: {
    about: 'a small network to try things on: two validators, an RPC node, little of everything',
    pools: {
      validators: { role: 'validator', count: 2, ...smallNode() },
      rpc: { role: 'rpc', count: 1, ...smallNode() },
    },
  },
};

/** The pools of a preset, by name. */
export function presetPools(name: PresetName): Readonly<Record<string, PoolSettings>> {
  return PRESETS[name].pools;
}

function smallNode(): PoolSettings {
  return {
    pruning: 'archive',
    resources: { cpu: 0.25, memoryGiB: 0.5 },
    storage: { chainGiB: 2, relayGiB: 2 },
    placement: { spread: 'none' },
  };
}
