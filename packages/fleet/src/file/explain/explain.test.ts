import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IMAGE, readFixture, SOLO } from '../testing/networks.ts';
import { explain, explainable } from './explain.ts';

const TEXT = `format: watchbill/network/1
name: harbour
preset: api-nodes
chain: {name: westend}
clusters: {main: {}}
defaults:
  software: {image: "${IMAGE}", sdk: stable2509}
pools:
  rpc:
    flags: {db-cache: 4096}
  archive:
    instances:
      main-0: {resources: {cpu: 7}}
`;

function origins(name: string): Record<string, string> {
  const found = explain(readFixture(TEXT).network, name, 'network.yaml');
  assert.ok(found !== null);
  return Object.fromEntries(found.settings.map(({ path, from }) => [path, from]));
}

test('every value names its default, preset, pool or instance, with line and column', () => {
  const pool = origins('rpc');
  assert.equal(pool['storage.chainGiB'], 'default of role rpc');
  assert.equal(pool['autoscale.max'], 'preset api-nodes');
  assert.equal(pool['flags.rpc-rate-limit'], 'preset api-nodes');
  assert.equal(pool['software.sdk'], 'defaults, network.yaml:7:122');
  assert.equal(pool['flags.db-cache'], 'pool, network.yaml:10:13');
  assert.equal(pool.role, 'preset api-nodes');
  const node = origins('archive-main-0');
  assert.equal(node['resources.cpu'], 'instance, network.yaml:13:28');
  assert.equal(node['resources.memoryGiB'], 'default of role archive');
});

test('pools and nodes can be explained, and nothing else', () => {
  const { network } = readFixture(SOLO);
  const names = [
    'rpc',
    'rpc-main-0',
    'rpc-main-1',
    'validators',
    'validators-main-0',
    'validators-main-1',
    'validators-main-2',
  ];
  assert.deepEqual(explainable(network), names);
  for (const name of names) assert.equal(explain(network, name, 'f')?.name, name);
  assert.equal(explain(network, 'validators-main-3', 'f'), null);
});

test('a key with dots in it is shown with its value', () => {
  const text = TEXT.replace('{db-cache: 4096}', '{}\n    labels: {example.org/team.a: staking}');
  const found = explain(readFixture(text).network, 'rpc', 'network.yaml');
  const one = found?.settings.find(({ path }) => path === 'labels.example.org/team.a');
  assert.equal(one?.value, 'staking');
  assert.equal(one.from, 'pool, network.yaml:11:14');
});
