import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture, WIDE } from '@watchbill/fleet/testing';
import { expectedClaims, expectedNodes } from './expected.ts';
import { machineTargets } from './scrape.ts';

/** `api` is scaled by load: one to three, and three to begin with. */
const SCALED = WIDE.replace('  api:\n    role: rpc\n', '  api:\n    role: rpc\n    count: 3\n');
const { network } = readFixture(SCALED);

test('expected are the nodes of the places that are asked for, of a scaled pool those that are always there', () => {
  const names = (...places: readonly string[]) => expectedNodes(network, places).map(({ node }) => node);
  assert.deepEqual(names('iron'), ['backup-iron-0', 'collators-iron-0']);
  assert.deepEqual(names('west'), ['api-west-0', 'boot-west-0', 'collators-west-0']);
  const silent = readFixture(
    WIDE.replace('archive, place: east', 'archive, place: east, monitoring: {metrics: false}'),
  );
  assert.ok(names('east').includes('archive-east-0'));
  const seen = expectedNodes(silent.network, ['east']).map(({ node }) => node);
  assert.ok(!seen.includes('archive-east-0'), 'it is not read, so it cannot be missed');
});

test('volumes are expected in the namespaces of clusters, with the place where their series have it', () => {
  const places = ['east', 'iron'];
  assert.deepEqual(expectedClaims(network, places, true), [{ namespace: 'nodes', place: 'east' }]);
  assert.deepEqual(expectedClaims(network, places, false), [{ namespace: 'nodes', place: null }]);
});

test('a machine is read on its loopback, a parachain node and the relay chain inside it each at their own port', () => {
  const read = machineTargets(network, 'iron').map(({ address, node, endpoint }) => [
    address,
    node,
    endpoint,
  ]);
  assert.deepEqual(read, [
    ['127.0.0.1:9620', 'backup-iron-0', 'metrics'],
    ['127.0.0.1:10620', 'backup-iron-0', 'relay-metrics'],
    ['127.0.0.1:9615', 'collators-iron-0', 'metrics'],
    ['127.0.0.1:10615', 'collators-iron-0', 'relay-metrics'],
  ]);
  assert.deepEqual(machineTargets(network, 'east'), []);
});
