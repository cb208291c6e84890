import type { Reason, Reasons } from './table.ts';

// What zombienet's files can say and a simulation leaves out. Fields: docs/src/network-definition-spec.md of paritytech/zombienet and
// docs/src/network-spec of paritytech/zombienet-sdk.

const IMAGE: Reason = ['left out: nodes are processes of this machine', 'write relay.command'];
const CONTAINERS: Reason = ['left out: it is of containers, and none is started', 'nothing is to be done'];
const PORT: Reason = [
  'left out: nodes listen on free ports of loopback',
  'read their addresses from the report',
];
const DELAY: Reason = [
  'left out: nothing delays the network here',
  'pause and resume nodes in run, where that shows what is meant',
];
const FILES: Reason = ['left out: no files are put beside nodes', 'name files of this machine in args'];
const CLI_VERSION: Reason = [
  'left out: flags are those of the release in relay.sdk',
  'set relay.sdk to the release of the node',
];
const PREFIX: Reason = ['left out: metrics keep the names that nodes give them', 'write whole names in run'];
const PEERS: Reason = ['left out: nodes meet those of their own network alone', 'nothing is to be done'];
const DECORATOR: Reason = [
  'left out: the genesis is changed by nothing but genesis, balance and hrmp',
  'write under genesis what this chain wants',
];
const TRACING: Reason = ['left out: no traces are kept', 'nothing is to be done'];
const GENERATOR: Reason = [
  'left out: no collator is run',
  'nothing is to be done: the parachain is rendered',
];
const RUNTIME: Reason = [
  'left out: a node makes the specification',
  'write specCommand with a program that prints one of this runtime',
];
const KEYS_OF_GENESIS: Reason = [
  'left out: session keys of the genesis stay as the specification has them',
  'write them under relay.genesis',
];

export const OF_FILE: Reasons = {
  types: ['left out: nothing here needs types of a chain', 'nothing is to be done'],
};

export const OF_SETTINGS: Reasons = {
  provider: ['left out: nodes are processes of this machine', 'nothing is to be done'],
  bootnode: [
    'left out: the first two nodes are met first',
    'write bootnode: true at a node that is no validator',
  ],
  bootnode_domain: PEERS,
  bootnodes_addresses: PEERS,
  base_dir: ['left out: where a simulation lives is said when it runs', 'use --folder'],
  spawn_concurrency: ['left out: all nodes start at once', 'nothing is to be done'],
  local_ip: ['left out: nodes listen on loopback alone', 'nothing is to be done'],
  node_verifier: ['left out: every node must answer before the first step', 'nothing is to be done'],
  isolate_env: ['left out: nodes meet only those that they are told of', 'nothing is to be done'],
  global_delay_network_global_settings: DELAY,
  global_volumes: CONTAINERS,
  image_pull_policy: CONTAINERS,
  backchannel: CONTAINERS,
  polkadot_introspector: CONTAINERS,
  grafana: CONTAINERS,
  telemetry: ['left out: nodes report to nobody', 'nothing is to be done'],
  jaeger_agent: TRACING,
  enable_tracing: TRACING,
  tracing_collator_url: TRACING,
  tracing_collator_service_name: TRACING,
  tracing_collator_service_namespace: TRACING,
  tracing_collator_service_port: TRACING,
};

export const OF_OBSERVABILITY: Reasons = {
  prometheus_port: CONTAINERS,
  grafana_port: CONTAINERS,
  prometheus_image: CONTAINERS,
  grafana_image: CONTAINERS,
};

const OF_CHAIN: Reasons = {
  default_image: IMAGE,
  default_prometheus_prefix: PREFIX,
  prometheus_prefix: PREFIX,
  default_substrate_cli_args_version: CLI_VERSION,
  default_delay_network_settings: DELAY,
  delay_network_settings: DELAY,
  default_overrides: FILES,
  force_decorator: DECORATOR,
  chain_spec_runtime: RUNTIME,
  chain_spec_command_is_local: ['left out: programs run on this machine', 'nothing is to be done'],
  chain_spec_command_output_path: [
    'left out: a specification is read from what its program prints',
    'let it print it',
  ],
  post_process_script: [
    'left out: nothing changes the specification after it was made',
    'call it in specCommand',
  ],
  bootnodes: PEERS,
  bootnodes_addresses: PEERS,
  no_default_bootnodes: PEERS,
};

export const OF_RELAY: Reasons = {
  ...OF_CHAIN,
  use_stash_for_validators: KEYS_OF_GENESIS,
};

export const OF_PARACHAIN: Reasons = {
  ...OF_CHAIN,
  with_custom_props: DECORATOR,
  genesis_wasm_generator: GENERATOR,
  genesis_state_generator: GENERATOR,
  default_resources: GENERATOR,
  default_db_snapshot: GENERATOR,
  wasm_override: GENERATOR,
  raw_spec_override: GENERATOR,
};

export const OF_NODE: Reasons = {
  image: IMAGE,
  subcommand: ['left out: nodes are started without one', 'nothing is to be done where the node needs none'],
  command_with_args: [
    'left out: the command line follows from the file',
    'write what only this node has in args',
  ],
  ws_port: PORT,
  rpc_port: PORT,
  p2p_port: PORT,
  prometheus_port: PORT,
  p2p_cert_hash: ['left out: nodes meet over TCP', 'nothing is to be done'],
  prometheus: ['left out: every node has metrics', 'nothing is to be done'],
  prometheus_prefix: PREFIX,
  telemetry: ['left out: nodes report to nobody', 'nothing is to be done'],
  telemetry_url: ['left out: nodes report to nobody', 'nothing is to be done'],
  jaeger_url: TRACING,
  bootnodes: PEERS,
  bootnodes_addresses: PEERS,
  overrides: FILES,
  delay_network_settings: DELAY,
  substrate_cli_args_version: CLI_VERSION,
  chain_spec_key_types: KEYS_OF_GENESIS,
  override_eth_key: KEYS_OF_GENESIS,
  node_log_path: ['left out: logs lie in the folder of the run', 'read their paths from the report'],
  invulnerable: [
    'left out: who cannot be slashed is a list of the runtime, and runtimes differ',
    'write it under relay.genesis, for example staking.invulnerables',
  ],
};

export const OF_PROCESS: Reasons = {
  image: IMAGE,
  ports: ['left out: a program chooses its ports itself', 'name them in its args'],
  resources: ['left out: programs beside the nodes are not held to any', 'nothing is to be done'],
};

export const OF_GROUP: Reasons = {
  ...OF_NODE,
  command: GENERATOR,
  args: GENERATOR,
  env: GENERATOR,
  resources: GENERATOR,
  db_snapshot: GENERATOR,
  keystore_path: GENERATOR,
  keystore_key_types: GENERATOR,
  balance: GENERATOR,
  initial_balance: GENERATOR,
  validator: GENERATOR,
  bootnode: GENERATOR,
};
