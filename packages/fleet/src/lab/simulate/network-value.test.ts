import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { readNetwork } from '../../file/index.ts';
import {
  bootsOf,
  networkName,
  notCarriedOver,
  parachainNetwork,
  relayNetwork,
  seedsOf,
} from './network-value.ts';
import { simulationSchema } from './schema.ts';

const SIMULATION = simulationSchema.parse({
  format: 'watchbill/simulation/1',
  name: 'quayside',
  relay: {
    command: './node',
    chain: 'westend-local',
    args: ['--wasm-cache=/tmp/x'],
    resources: { cpu: 0.5 },
    nodes: [
      { name: 'alice', validator: true, resources: { memoryGiB: 1 } },
      { name: 'bob', validator: true, keyTypes: { aura: 'sr25519' }, args: ['--own-flag'] },
      { name: 'carol' },
      { name: 'dora', bootnode: true },
    ],
  },
  parachains: [
    {
      id: 2000,
      chain: 'estuary',
      collators: [{ name: 'dan', validator: true }],
      collatorGroups: [{ name: 'crew', count: 3 }],
    },
  ],
});

const SPEC = '{"id": "quayside"}';
const DISK = {
  program: '/opt/node',
  programSha256: 'ab'.repeat(32),
  spec: 'chain.json',
  specSha256: createHash('sha256').update(SPEC).digest('hex'),
  peerIds: new Map([['dora', '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp']]),
};

test('the relay part is a network file of one pool for each node, and no two nodes share keys', () => {
  const text = JSON.stringify(relayNetwork(SIMULATION, DISK));
  const read = readNetwork(text, new Map([['chain.json', SPEC]]), { here: true });
  assert.ok(read.ok, JSON.stringify(read));
  const nodes = read.network.pools.flatMap((pool) => pool.nodes);
  assert.deepEqual(nodes.map(fields('name', 'role')), [
    [networkName('alice'), 'validator'],
    [networkName('bob'), 'validator'],
    [networkName('carol'), 'rpc'],
    [networkName('dora'), 'boot'],
  ]);
  assert.deepEqual(nodes[0]?.settings.resources, { cpu: 0.5, memoryGiB: 1 });
  assert.deepEqual(nodes[1]?.settings.customFlags, ['--wasm-cache=/tmp/x', '--own-flag']);
  assert.deepEqual(bootsOf(SIMULATION), ['dora']);
  const seeds = seedsOf(SIMULATION);
  assert.deepEqual(
    seeds.filter(({ entry }) => entry.startsWith('bob')),
    [{ entry: 'bob-here-0-keys/aura', seed: '//Bob' }],
  );
  assert.equal(seeds.filter(({ seed }) => seed === '//Alice').length, 4);
});

test('a parachain is a network file that can be rendered', () => {
  const [parachain] = SIMULATION.parachains;
  assert.ok(parachain !== undefined);
  const read = readNetwork(
    JSON.stringify(
      parachainNetwork(SIMULATION, parachain, `example.invalid/collator@sha256:${'0'.repeat(64)}`),
    ),
  );
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.network.chain.relay?.name, 'westend-local');
  assert.deepEqual(
    read.network.pools.flatMap((pool) => pool.nodes.map(({ name, role }) => `${name} ${role}`)),
    ['crew-here-0 collator', 'crew-here-1 collator', 'crew-here-2 collator', 'dan-here-0 collator'],
  );
});

test('common flags are written by name, with values of their kind; the others unchanged', () => {
  const args = ['--log=a=debug', '--log=b=trace', '--pool-limit=10', '--no-grandpa', '--own=1'];
  const relay = { ...SIMULATION.relay, args, nodes: SIMULATION.relay.nodes.slice(0, 2) };
  const read = readNetwork(
    JSON.stringify(relayNetwork({ ...SIMULATION, relay }, DISK)),
    new Map([['chain.json', SPEC]]),
    { here: true },
  );
  assert.ok(read.ok, JSON.stringify(read));
  const [alice, bob] = read.network.pools.flatMap((pool) => pool.nodes);
  assert.deepEqual(alice?.settings.customFlags, ['--own=1']);
  const { flags } = alice?.settings ?? {};
  assert.deepEqual(flags, { ...flags, log: ['a=debug', 'b=trace'], 'pool-limit': 10, 'no-grandpa': true });
  assert.deepEqual(bob?.settings.customFlags, ['--own=1', '--own-flag']);
  assert.equal(bob?.settings.flags['pool-limit'], 10);
});

test('settings without a place in a network file are named', () => {
  const [parachain] = SIMULATION.parachains;
  assert.ok(parachain !== undefined);
  const plain = { ...parachain, args: ['--own'], relayArgs: [], genesisWasm: undefined, balance: undefined };
  const { customFlags } = parachainNetwork(SIMULATION, plain, 'image').defaults as { customFlags?: unknown };
  assert.deepEqual(customFlags, ['--own']);
  const more = {
    ...plain,
    relayArgs: ['--x'],
    genesisWasm: 'a',
    balance: 3,
    onboarding: 'register' as const,
  };
  const before = notCarriedOver(plain);
  assert.deepEqual(
    notCarriedOver(more).filter((key) => !before.includes(key)),
    ['balance', 'genesisWasm', 'onboarding', 'relayArgs'].filter((key) => !before.includes(key)),
  );
  assert.ok(!before.includes('relayArgs'));
  const [dan] = parachain.collators;
  assert.ok(dan !== undefined);
  const said = notCarriedOver({ ...plain, collators: [{ ...dan, args: ['--x'], env: { A: 'b' } }] });
  assert.deepEqual(
    said.filter((key) => !before.includes(key)),
    ['args of dan', 'env of dan'],
  );
});
