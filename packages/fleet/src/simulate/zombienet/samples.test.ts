// Whole files, as the original and as the SDK write them: what is taken, and the line of everything that is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '@watchbill/base';
import { refusalsOf } from '../refusals.ts';
import { simulationSchema } from '../schema.ts';
import { fromZombienet } from '../zombienet.ts';
import { readZombienet } from './source.ts';

/** As the original writes it. */
const HARBOUR = `[settings]
timeout = 900
provider = "kubernetes"
enable_tracing = false

[types.Berth]
depth = "u32"

[relaychain]
chain = "westend-local"
default_command = "./polkadot"
default_image = "registry.example/polkadot:v1"
default_substrate_cli_args_version = 2
default_args = ["--rpc-max-connections 500", "-lruntime=trace", "--alice", "--unsafe-rpc-external"]
max_nominations = 16

[relaychain.default_resources]
limits = {memory = "2Gi", cpu = "1500m"}
requests = {memory = "1Gi"}

[relaychain.default_delay_network_settings]
latency = "40ms"

[relaychain.genesis.runtimeGenesis.patch.configuration.config]
max_validators_per_core = 2

  [[relaychain.nodes]]
  name = "alice"
  balance = 99999999999999999999
  wsPort = 9944
  prometheus_port = 9615
  overrides = [{local_path = "./a", remote_name = "b"}]

  [[relaychain.nodes]]
  name = "watcher"
  validator = false
  add_to_bootnodes = true
  env = [{name = "RUST_LOG", value = "info"}]
  db_snapshot = "https://snapshots.example/quay.tgz"

  [[relaychain.node_groups]]
  name = "crew"
  count = 2
  args = ["--out-peers", "5"]
  substrate_cli_args_version = 1

[[parachains]]
id = 2000
addToGenesis = true
cumulus_based = true
chain = "estuary-local"
genesis_wasm_generator = "estuary export-genesis-wasm"
delay_network_settings = {latency = "5ms"}

  [parachains.collator]
  name = "dan"
  command = "estuary"

  [[parachains.collator_groups]]
  name = "pilots"
  count = 3
  command = "estuary"

[[hrmpChannels]]
sender = 2000
recipient = 2000
maxCapacity = 8
maxMessageSize = 1024
`;

function converted(text: string) {
  const { value, wide, placeOf } = readZombienet(text, 'toml');
  const made = fromZombienet(value as JsonRecord, 'quayside', wide);
  const at = (path: readonly PropertyKey[]) => `${placeOf(path).line}`;
  return {
    ...made,
    read: simulationSchema.parse(made.simulation),
    said: made.notes.map(({ kind, path }) => `${at(path)} ${kind} ${path.join('.')}`),
    at: (target: readonly PropertyKey[]) => at(made.originOf(target)),
  };
}

test('a TOML file of the original: groups, defaults, camel case; each field that is left has its line', () => {
  const { read, said, at } = converted(HARBOUR);
  assert.deepEqual(
    read.relay.nodes.map(({ name, validator, args }) => [name, validator, args]),
    [
      ['alice', true, []],
      ['watcher', false, []],
      ['crew-0', true, ['--out-peers=5']],
      ['crew-1', true, ['--out-peers=5']],
    ],
  );
  assert.equal(read.relay.nodes[0]?.balance, '99999999999999999999');
  assert.deepEqual(read.relay.args, ['--rpc-max-connections=500', '--log=runtime=trace']);
  assert.deepEqual(read.relay.resources, { cpu: 1.5, memoryGiB: 2 });
  assert.deepEqual(read.relay.genesis, { configuration: { config: { max_validators_per_core: 2 } } });
  assert.deepEqual(read.parachains[0]?.collatorGroups, [{ name: 'pilots', count: 3 }]);
  assert.deepEqual(
    said.sort(),
    [
      '12 left-out relaychain.default_image',
      '13 left-out relaychain.default_substrate_cli_args_version',
      '14 left-out relaychain.default_args.2',
      '14 left-out relaychain.default_args.3',
      '19 left-out relaychain.default_resources.requests.memory',
      '21 left-out relaychain.default_delay_network_settings',
      '30 left-out relaychain.nodes.0.wsPort',
      '3 left-out settings.provider',
      '31 left-out relaychain.nodes.0.prometheus_port',
      '32 left-out relaychain.nodes.0.overrides',
      '4 left-out settings.enable_tracing',
      '45 left-out relaychain.node_groups.0.substrate_cli_args_version',
      '52 left-out parachains.0.genesis_wasm_generator',
      '53 left-out parachains.0.delay_network_settings',
      '62 left-out parachains.0.collator_groups.0.command',
      '6 left-out types',
    ].sort(),
  );
  // What a simulation refuses is told where it came from.
  assert.deepEqual(
    refusalsOf(read).map(({ path }) => `${at(path)} ${path.join('.')}`),
    ['15 relay.maxNominations', '38 relay.nodes.1.env', '39 relay.nodes.1.dbSnapshot', '64 hrmp.0'],
  );
});

/** As the SDK writes it. */
const SDK = `[settings]
timeout = 3600
node_spawn_timeout = 600
base_dir = "/tmp/quay"
spawn_concurrency = 4
tear_down_on_failure = false

[settings.observability]
enabled = true
grafana_port = 3000

[relaychain]
chain = "westend-local"
default_command = "polkadot"
chain_spec_command = "./polkadot build-spec --chain {{chainName}} --disable-default-bootnode"
default_resources = {request_memory = "512Mi", limit_cpu = "many"}

[relaychain.runtime_genesis_patch.staking]
minimumValidatorCount = 9223372036854775807

[[relaychain.nodes]]
name = "alice"
validator = true
invulnerable = true
bootnode = true
initial_balance = 2000000000000
keystore_key_types = ["gran", "babe", "cust_ed"]
args = [["--pool-limit", "10"], "--state-pruning=archive"]
rpc_port = 9944
node_log_path = "/tmp/alice.log"

[[relaychain.nodes]]
name = "bob"
command = "./other"
args = ["--own={{OWN}}"]

[[custom_processes]]
name = "adapter"
command = "./adapter"
args = ["--node", "{{ZOMBIE:alice:ws_uri}}"]
ports = [{name = "http", port = 0}]
`;

test('a TOML file of the SDK: what it means otherwise is told, and what cannot be meant is refused', () => {
  const { read, said } = converted(SDK);
  assert.deepEqual(read.relay.specCommand, [
    './polkadot',
    'build-spec',
    '--chain',
    'westend-local',
    '--disable-default-bootnode',
  ]);
  assert.equal(read.relay.chain, undefined);
  assert.equal(read.settings.tearDownOnFailure, false);
  assert.deepEqual(read.relay.resources, { memoryGiB: 0.5 });
  assert.deepEqual(read.relay.nodes[0]?.keyTypes, { gran: 'ed25519', babe: 'sr25519', cust: 'ed25519' });
  assert.deepEqual(read.relay.nodes[0]?.args, ['--pool-limit=10']);
  assert.deepEqual(
    said.sort(),
    [
      '4 left-out settings.base_dir',
      '5 left-out settings.spawn_concurrency',
      '9 changed settings.observability.enabled',
      '10 left-out settings.observability.grafana_port',
      '13 left-out relaychain.chain',
      '14 changed relaychain.default_command',
      '16 left-out relaychain.default_resources.limit_cpu',
      '19 refused relaychain.runtime_genesis_patch.staking.minimumValidatorCount',
      '24 left-out relaychain.nodes.0.invulnerable',
      '25 left-out relaychain.nodes.0.bootnode',
      '28 left-out relaychain.nodes.0.args.1',
      '29 left-out relaychain.nodes.0.rpc_port',
      '30 left-out relaychain.nodes.0.node_log_path',
      '34 refused relaychain.nodes.1.command',
      '35 refused relaychain.nodes.1.args.0',
      '40 refused custom_processes.0.args.1',
      '41 left-out custom_processes.0.ports',
    ].sort(),
  );
});
