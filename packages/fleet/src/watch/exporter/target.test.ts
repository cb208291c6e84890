import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { servicesMark } from '../../file/graph/index.ts';
import { readFixture, SOLO, WIDE } from '../../file/testing/index.ts';
import { targetsOf } from './target.ts';
import { readSettings } from './testing/look.ts';

const RUNNING = [
  { name: 'validators-here-0', pool: 'validators', role: 'validator', rpcUrl: 'ws://127.0.0.1:1' },
  { name: 'rpc-here-0', pool: 'rpc', role: 'rpc', rpcUrl: 'ws://127.0.0.1:2' },
] as const;

function targets(nodes: readonly object[], running: Parameters<typeof targetsOf>[2]) {
  const settings = readSettings({ network: 'n', place: 'here', nodes });
  assert.ok(settings.success);
  return settings.success ? targetsOf(settings.data, null, running) : null;
}

test('nodes that run here are asked where they listen, with their pools and roles, named or not', () => {
  const stash = `0x${'01'.repeat(32)}`;
  const reading = targets([{ name: 'validators-here-0', stash, role: 'rpc' }], RUNNING);
  assert.ok(reading?.ok);
  assert.deepEqual(reading?.ok && reading.targets.map(fields('name', 'pool', 'role', 'url', 'stashText')), [
    ['validators-here-0', 'validators', 'validator', 'ws://127.0.0.1:1', stash],
    ['rpc-here-0', 'rpc', 'rpc', 'ws://127.0.0.1:2', ''],
  ]);
  assert.deepEqual(targets([{ name: 'x' }], RUNNING), {
    ok: false,
    list: 'nodes',
    at: 0,
    name: 'x',
    names: RUNNING.map(({ name }) => name),
  });
});

test('without a network the settings say everything, and a node without an address is not asked', () => {
  const reading = targets([{ name: 'a', stash: `0x${'01'.repeat(32)}` }], []);
  assert.ok(reading?.ok);
  const [target] = reading?.ok ? reading.targets : [];
  assert.deepEqual(
    [target?.role, target?.pool, target?.place, target?.url],
    ['validator', 'validator', 'here', null],
  );
});

test('nodes of the clusters that are named are asked in their pods, those of others are not', () => {
  // Of a pool that is scaled by load only those are asked that are always there.
  const { network } = readFixture(
    WIDE.replace(
      '  archive: {role',
      '  few: {role: rpc, place: east, count: 3, autoscale: {by: cpu, min: 1, max: 3, target: 70, prometheus: null}}\n  archive: {role',
    ),
  );
  const read = (more: object) => {
    const settings = readSettings({ network: 'wide', place: 'iron', ...more });
    assert.ok(settings.success);
    return targetsOf(settings.data, network);
  };
  const nodes = [
    { name: 'collators-east-0' },
    { name: 'collators-west-0' },
    { name: 'rpc-east-0', url: 'ws://b:1' },
  ];
  const reading = read({ clusters: ['east'], nodes });
  assert.ok(reading.ok);
  const ways = reading.targets.map(({ name, url, pod }) => [name, pod?.place.namespace ?? url]);
  assert.deepEqual(
    new Map(ways as [string, string | null][]),
    new Map([
      ['collators-east-0', 'nodes'],
      ['collators-west-0', null],
      ['rpc-east-0', 'ws://b:1'],
      ['collators-iron-0', 'ws://127.0.0.1:9944'],
      ['backup-iron-0', 'ws://127.0.0.1:9950'],
      ['collators-east-1', 'nodes'],
      ['archive-east-0', 'nodes'],
      ['few-east-0', 'nodes'],
    ]),
  );
  assert.deepEqual(read({ clusters: ['east', 'iron'] }), {
    ok: false,
    list: 'clusters',
    at: 1,
    name: 'iron',
    names: ['east', 'west'],
  });
});

test('whom a node asks before it signs comes from the network file, and without it from the settings', () => {
  const keys = '{session: {source: secret, secret: "{node}-keys", set: one, types: {babe: sr25519}}}';
  const duty = 'duty: {services: ["https://w:1"], secret: "{node}-duty"}';
  const text = SOLO.replace(
    '{role: validator, count: 3}',
    `{role: validator, count: 2, keys: ${keys}, ${duty}}`,
  );
  const settings = readSettings({
    network: 'harbour',
    nodes: [{ name: 'validators-main-0' }, { name: 'rpc-main-0', duty: 'w' }],
  });
  assert.ok(settings.success);
  const dutiesOf = (network: Parameters<typeof targetsOf>[1]) => {
    const reading = targetsOf(settings.data, network);
    assert.ok(reading.ok);
    return reading.targets.map((one) => one.duty);
  };
  // The file wins: settings about a node in the file are ignored.
  assert.deepEqual(dutiesOf(readFixture(text).network), [servicesMark(['https://w:1'], 'main'), '']);
  assert.deepEqual(dutiesOf(null), ['', 'w']);
});
