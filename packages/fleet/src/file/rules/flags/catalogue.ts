/** The value of a flag. */
export type FlagKind = 'switch' | 'number' | 'text' | 'list' | readonly string[];

/**
 * A flag of nodes made with polkadot-sdk. The oldest release with data is stable2407. The flags of each
 * release come from the sources of its crate sc-cli, whose version its umbrella crate polkadot-sdk (from
 * stable2503) or its polkadot-cli names: 2407 0.46, 2409 0.47, 2412 0.49, 2503 0.51, 2506 0.53, 2507 0.54,
 * 2509 0.55, 2512 0.57, 2603 0.58, 2606 0.61, 2609 0.63.
 */
export interface Flag {
  readonly kind: FlagKind;
  /** First release that has it, as YYMM of stableYYMM; left out: all that were looked at, or not known. */
  readonly since?: number;
  /** First release that has it no longer. */
  readonly until?: number;
  /** What to do instead, where `until` is set. */
  readonly instead?: string;
  /** It follows from these settings. */
  readonly managedBy?: string;
  /** Why it is refused. */
  readonly unsafe?: string;
}

const managed = (managedBy: string, kind: FlagKind = 'text'): Flag => ({ kind, managedBy });
const unsafe = (why: string, kind: FlagKind = 'switch'): Flag => ({ kind, unsafe: why });

const OPENS_RPC = 'it lets others call methods that take keys and stop the node';
const DEV_KEYS = 'it signs with a publicly known key';
const IN_ARGV = 'every process of the machine can see a secret on the command line';

/** By name, without dashes. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  'base-path': managed('storage'),
  chain: managed('chain'),
  bootnodes: managed('pools of role boot', 'list'),
  'keystore-path': managed('keys.session'),
  name: managed('the name of the node'),
  'node-key-file': managed('keys.node'),
  'node-key-type': managed('keys.node'),
  port: managed('ports.p2p', 'number'),
  'listen-addr': managed('ports.p2p', 'list'),
  'public-addr': managed('exposure.address', 'list'),
  'rpc-port': managed('ports.rpc', 'number'),
  'rpc-external': managed('exposure.rpc', 'switch'),
  'rpc-methods': managed('exposure.rpc'),
  'experimental-rpc-endpoint': { ...managed('exposure.rpc', 'list'), since: 2409 },
  'prometheus-port': managed('ports.metrics', 'number'),
  'prometheus-external': managed('monitoring.metrics', 'switch'),
  'no-prometheus': managed('monitoring.metrics', 'switch'),
  validator: managed('role', 'switch'),
  authority: managed('role', 'switch'),
  collator: managed('role', 'switch'),
  'state-pruning': managed('pruning'),
  pruning: managed('pruning'),

  'unsafe-rpc-external': unsafe(OPENS_RPC),
  'rpc-allow-unsafe': unsafe(OPENS_RPC),
  'unsafe-ws-external': unsafe(OPENS_RPC),
  'unsafe-force-node-key-generation': unsafe(
    'a node that makes a new key with each start has another peer id each time',
  ),
  'insecure-validator-i-know-what-i-do': unsafe(
    'a validator without the sandbox runs code of others unconfined',
  ),
  'node-key': unsafe(IN_ARGV, 'text'),
  password: unsafe(IN_ARGV, 'text'),
  'password-interactive': unsafe('it needs a person at the terminal'),
  'force-authoring': unsafe('a node that is not synced would make blocks'),
  dev: unsafe(DEV_KEYS),
  tmp: unsafe('all data would be lost at a restart'),
  alice: unsafe(DEV_KEYS),
  bob: unsafe(DEV_KEYS),
  charlie: unsafe(DEV_KEYS),
  dave: unsafe(DEV_KEYS),
  eve: unsafe(DEV_KEYS),
  ferdie: unsafe(DEV_KEYS),
  one: unsafe(DEV_KEYS),
  two: unsafe(DEV_KEYS),

  'ws-port': { kind: 'number', until: 2407, instead: 'WebSocket and HTTP share ports.rpc' },
  'ws-external': { kind: 'switch', until: 2407, instead: 'use exposure.rpc' },
  'ws-max-connections': { kind: 'number', until: 2407, instead: 'use rpc-max-connections' },
  'rpc-max-payload': {
    kind: 'number',
    until: 2407,
    instead: 'use rpc-max-request-size and rpc-max-response-size',
  },

  'rpc-cors': { kind: 'text' },
  'rpc-max-connections': { kind: 'number' },
  'rpc-max-request-size': { kind: 'number' },
  'rpc-max-response-size': { kind: 'number' },
  'rpc-max-subscriptions-per-connection': { kind: 'number' },
  'rpc-message-buffer-capacity-per-connection': { kind: 'number' },
  'rpc-rate-limit': { kind: 'number' },
  'rpc-rate-limit-whitelisted-ips': { kind: 'list' },
  'rpc-rate-limit-trust-proxy-headers': { kind: 'switch' },
  'rpc-max-batch-request-len': { kind: 'number' },
  'rpc-disable-batch-requests': { kind: 'switch' },
  'blocks-pruning': { kind: 'text' },
  database: { kind: ['rocksdb', 'paritydb', 'paritydb-experimental', 'auto'] },
  'db-cache': { kind: 'number' },
  'trie-cache-size': { kind: 'number' },
  'warm-up-trie-cache': { kind: ['non-blocking', 'blocking'], since: 2506 },
  sync: { kind: ['full', 'fast', 'fast-unsafe', 'warp'] },
  'in-peers': { kind: 'number' },
  'in-peers-light': { kind: 'number' },
  'out-peers': { kind: 'number' },
  'max-parallel-downloads': { kind: 'number' },
  'max-blocks-per-request': { kind: 'number' },
  'reserved-nodes': { kind: 'list' },
  'reserved-only': { kind: 'switch' },
  'network-backend': { kind: ['libp2p', 'litep2p'] },
  'no-mdns': { kind: 'switch' },
  'no-private-ip': { kind: 'switch' },
  'allow-private-ip': { kind: 'switch' },
  'discover-local': { kind: 'switch' },
  'kademlia-disjoint-query-paths': { kind: 'switch' },
  'kademlia-replication-factor': { kind: 'number' },
  'force-enable-webrtc': { kind: 'switch', since: 2609 },
  'ipfs-server': { kind: 'switch' },
  'ipfs-bootnodes': { kind: 'list', since: 2606 },
  'relay-chain-rpc-urls': { kind: 'list' },
  'no-telemetry': { kind: 'switch' },
  'telemetry-url': { kind: 'list' },
  log: { kind: 'list' },
  'detailed-log-output': { kind: 'switch' },
  'disable-log-color': { kind: 'switch' },
  'enable-log-reloading': { kind: 'switch' },
  'tracing-targets': { kind: 'text' },
  'tracing-receiver': { kind: ['log'] },
  'offchain-worker': { kind: ['always', 'never', 'when-authority', 'when-validator'] },
  'enable-offchain-indexing': { kind: ['true', 'false'] },
  'wasm-execution': { kind: ['compiled', 'interpreted-i-know-what-i-do'] },
  'wasmtime-instantiation-strategy': {
    kind: ['pooling', 'recreate-instance', 'pooling-copy-on-write', 'recreate-instance-copy-on-write'],
  },
  'wasm-runtime-overrides': { kind: 'text' },
  'max-runtime-instances': { kind: 'number' },
  'runtime-cache-size': { kind: 'number' },
  'pool-limit': { kind: 'number' },
  'pool-best-blocks-only': { kind: 'switch', since: 2609 },
  'pool-kbytes': { kind: 'number' },
  'pool-type': { kind: ['single-state', 'fork-aware'], since: 2412 },
  'tx-ban-seconds': { kind: 'number' },
  'no-grandpa': { kind: 'switch' },

  // Not of sc-cli: each binary has them or not, and of polkadot alone it is known that stable2407 has them.
  // No release is refused.
  'no-beefy': { kind: 'switch' },
  'no-hardware-benchmarks': { kind: 'switch' },
};

/** `stable2509` as 2509. */
export function releaseOf(sdk: string): number {
  return Number(sdk.replace('stable', ''));
}
