import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '@watchbill/base';
import fc from 'fast-check';
import { refusalsOf } from './refusals.ts';
import { simulationSchema } from './schema.ts';
import { placeKey } from './zombienet/toml-places.ts';
import { fromZombienet } from './zombienet.ts';

const SPEC: JsonRecord = {
  settings: { timeout: 1000, node_spawn_timeout: 90, provider: 'native' },
  relaychain: {
    chain: 'rococo-local',
    default_command: './polkadot',
    default_image: 'parity/polkadot',
    default_args: ['-lparachain=debug', '--pool-limit=10', ['--db-cache', '64']],
    genesis: { sudo: { key: 'root' } },
    nodes: [
      { name: 'Alice', bootnode: true, balance: 2_000_000_000_000 },
      { name: 'bob', validator: false, bootnode: true, p2p_port: 30333 },
    ],
  },
  parachains: [
    {
      id: 1000,
      chain: 'asset-hub-rococo-local',
      cumulus_based: true,
      register_para: true,
      collators: [{ name: 'collator-one', command: 'polkadot-parachain' }],
    },
    { id: 2000, collator: { name: 'collator-two', validator: true } },
  ],
  hrmp_channels: [{ sender: 1000, recipient: 2000, max_capacity: 4, max_message_size: 512 }],
  custom_processes: [{ name: 'spammer', command: './spam', args: ['-v'], env: [{ name: 'A', value: 'b' }] }],
  observability: { enabled: true },
};

test('a specification of zombienet is a simulation of the same content', () => {
  const { simulation, notes } = fromZombienet(SPEC, 'imported');
  const read = simulationSchema.parse(simulation);
  assert.equal(read.settings.timeoutSeconds, 1000);
  assert.equal(read.settings.startSeconds, 90);
  assert.equal(read.relay.chain, 'rococo-local');
  assert.deepEqual(read.relay.args, ['--log=parachain=debug', '--pool-limit=10', '--db-cache=64']);
  assert.deepEqual(read.relay.genesis, { sudo: { key: 'root' } });
  assert.deepEqual(
    read.relay.nodes.map(({ name, validator, bootnode, balance }) => ({
      name,
      validator,
      bootnode,
      balance,
    })),
    [
      { name: 'alice', validator: true, bootnode: false, balance: 2_000_000_000_000 },
      { name: 'bob', validator: false, bootnode: true, balance: undefined },
    ],
  );
  assert.deepEqual(
    read.parachains.map(({ id, onboarding, collators }) => [
      id,
      onboarding,
      collators.map(({ name }) => name),
    ]),
    [
      [1000, 'register', ['collator-one']],
      [2000, 'in-genesis', ['collator-two']],
    ],
  );
  assert.deepEqual(read.hrmp, [{ sender: 1000, recipient: 2000, maxCapacity: 4, maxMessageSize: 512 }]);
  assert.deepEqual(read.processes[0], { name: 'spammer', command: './spam', args: ['-v'], env: { A: 'b' } });
  assert.deepEqual(read.observability, { prometheus: true });
  assert.deepEqual(notes.map(({ kind, path }) => `${kind} ${path.join('.')}`).sort(), [
    'changed observability.enabled',
    'changed relaychain.nodes.0.name',
    'left-out relaychain.default_image',
    'left-out relaychain.nodes.0.bootnode',
    'left-out relaychain.nodes.1.p2p_port',
    'left-out settings.provider',
  ]);
  const places = refusalsOf(read).map(({ path }) => path.join('.'));
  assert.deepEqual(places, ['parachains.1'], 'the second parachain has no chain');
});

test('no field is left out in silence: what nobody knows is told, wherever it stands', () => {
  const tables = [
    [],
    ['settings'],
    ['settings', 'observability'],
    ['relaychain'],
    ['relaychain', 'default_resources'],
    ['relaychain', 'default_resources', 'limits'],
    ['relaychain', 'nodes', 0],
    ['relaychain', 'nodes', 0, 'env', 0],
    ['relaychain', 'node_groups', 0],
    ['parachains', 0],
    ['parachains', 0, 'collators', 0],
    ['parachains', 0, 'collator'],
    ['parachains', 0, 'collator_groups', 0],
    ['hrmp_channels', 0],
    ['custom_processes', 0],
  ] as const;
  const whole = {
    settings: { observability: {} },
    relaychain: {
      default_resources: { limits: {} },
      nodes: [{ name: 'alice', env: [{ name: 'A', value: 'b' }] }],
      node_groups: [{ name: 'crew', count: 2 }],
    },
    parachains: [{ collators: [{}], collator: {}, collator_groups: [{}] }],
    hrmp_channels: [{}],
    custom_processes: [{}],
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...tables),
      fc.stringMatching(/^[a-zA-Z_]{1,12}$/),
      fc.jsonValue(),
      (table, key, value) => {
        const spec = structuredClone(whole);
        let at: Record<string, unknown> = spec;
        for (const step of table) at = at[step] as Record<string, unknown>;
        fc.pre(!Object.hasOwn(at, `zz${key}`));
        at[`zz${key}`] = value;
        const { notes } = fromZombienet(spec as unknown as JsonRecord, 'quayside');
        const told = notes.filter(({ path }) => placeKey(path) === placeKey([...table, `zz${key}`]));
        assert.deepEqual(
          told.map(({ kind }) => kind),
          ['left-out'],
        );
      },
    ),
  );
});

test('whatever stands in a file, it is converted or told, and never a crash', () => {
  const key = fc.constantFrom(
    ...[
      'settings',
      'relaychain',
      'nodes',
      'node_groups',
      'parachains',
      'name',
      'count',
      'args',
      'env',
      'default_args',
    ],
    ...[
      'genesis',
      'default_resources',
      'resources',
      'collator',
      'keystore_key_types',
      'chain_spec_command',
      'balance',
    ],
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, true, 1, 'x', '--a', '{{x}}'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (spec) => {
      const { simulation } = fromZombienet(spec as JsonRecord, 'quayside');
      assert.equal(simulation.name, 'quayside');
    }),
    { numRuns: 500 },
  );
});

test('what cannot be done here is refused at its place', () => {
  const node = { name: 'alice', validator: true };
  const read = simulationSchema.parse({
    format: 'watchbill/simulation/1',
    name: 'quayside',
    relay: {
      command: './node',
      chain: 'dev',
      specFile: 'chain.json',
      dbSnapshot: 'https://example.invalid/db.tgz',
      wasmOverride: 'runtime.wasm',
      rawOverride: {},
      randomNominators: 5,
      maxNominations: 2,
      nodes: [
        { ...node, bootnode: true },
        {
          ...node,
          name: 'bob',
          invulnerable: true,
          env: { A: 'b' },
          ports: { rpc: 1 },
          args: ['--pool-limit=1', '--own', '--alice', '--rpc-port=1'],
          dbSnapshot: 'x',
          keystorePath: 'y',
        },
        node,
      ],
    },
    hrmp: [{ sender: 1, recipient: 1, maxCapacity: 1, maxMessageSize: 1 }],
    run: [
      { do: 'kill', node: 'carol' },
      { expect: 'log', pattern: '(', atLeast: 1 },
    ],
  });
  const refusals = refusalsOf(read);
  assert.deepEqual(refusals.map(({ path }) => path.join('.')).sort(), [
    'hrmp.0',
    'hrmp.0.recipient',
    'hrmp.0.sender',
    'relay',
    'relay.dbSnapshot',
    'relay.maxNominations',
    'relay.nodes.0.bootnode',
    'relay.nodes.1.args.2',
    'relay.nodes.1.args.3',
    'relay.nodes.1.dbSnapshot',
    'relay.nodes.1.env',
    'relay.nodes.1.invulnerable',
    'relay.nodes.1.keystorePath',
    'relay.nodes.1.ports',
    'relay.nodes.2.name',
    'relay.randomNominators',
    'relay.rawOverride',
    'relay.wasmOverride',
    'run.0.node',
    'run.1.pattern',
  ]);
  for (const { remedy } of refusals) assert.notEqual(remedy, '');
});
