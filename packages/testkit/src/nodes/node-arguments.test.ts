import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ArgumentSettings, nodeArguments } from './node-arguments.ts';

const SETTINGS: ArgumentSettings = {
  name: 'ann',
  program: 'devnode',
  role: 'validator',
  spec: 'spec.json',
  basePath: 'data',
  keystorePath: 'keystore',
  nodeKeyFile: 'node-key',
  wasmCache: 'wasm',
  listenAddress: '127.0.0.1',
  listenPort: 1,
  rpcPort: 2,
  metricsPort: 3,
  external: false,
  bootnodes: [],
  more: [],
};

test('a validator on loopback', () => {
  const line = nodeArguments({ ...SETTINGS, bootnodes: ['/a', '/b'], more: ['--duty', 'off'] }).join(' ');
  for (const part of [
    '--listen-addr /ip4/127.0.0.1/tcp/1',
    '--rpc-methods unsafe',
    '--state-pruning archive',
    '--no-telemetry --no-mdns',
    '--bootnodes /a /b --validator --duty off',
  ])
    assert.ok(line.includes(part), `${part} is not in ${line}`);
  assert.ok(!line.includes('external'), line);
});

test('the relay-chain node gets its flags in place of the cache', () => {
  const [devnode, relay] = (['devnode', 'relay'] as const).map((program) =>
    nodeArguments({ ...SETTINGS, program }),
  );
  assert.ok(devnode?.includes('--wasm-cache') && !devnode.includes('--no-hardware-benchmarks'));
  assert.ok(relay?.includes('--no-hardware-benchmarks') && !relay.includes('--wasm-cache'));
});

test('a collator gets the flags of its parachain, then those of the relay-chain node inside it', () => {
  const inner = { spec: 'relay.json', listenPort: 4, rpcPort: 5, metricsPort: 6, bootnodes: ['/r'] };
  const own = { bootnodes: ['/p'], more: ['--duty', 'off'] };
  const line = nodeArguments({ ...SETTINGS, ...own, program: 'collator', inner }).join(' ');
  const [outside = '', inside = '', ...more] = line.split(' -- ');
  assert.deepEqual(more, []);
  assert.match(
    outside,
    /^--chain spec\.json .*--no-hardware-benchmarks.* --bootnodes \/p --collator --duty off$/,
  );
  assert.ok(!outside.includes('--validator') && !outside.includes('--wasm-cache'), outside);
  assert.match(inside, /^--chain relay\.json --listen-addr \/ip4\/127\.0\.0\.1\/tcp\/4 --rpc-port 5 /);
  assert.match(inside, / --bootnodes \/r$/);
});

test('a full node signs nothing; from a namespace its RPC is open to this machine', () => {
  const line = nodeArguments({ ...SETTINGS, role: 'full', external: true }).join(' ');
  assert.ok(!line.includes('--validator'), line);
  assert.ok(!line.includes('--bootnodes'), line);
  assert.ok(line.includes('--unsafe-rpc-external --rpc-cors all'), line);
});
