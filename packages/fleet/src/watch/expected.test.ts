import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IMAGE, readFixture, WIDE } from '../file/testing/index.ts';
import { expectedClaims, expectedJobs, expectedNodes } from './expected.ts';
import { fleetMonitoring } from './rules.ts';
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

test('at a hub a job of one cluster does not stand for the job of the same name of another one', () => {
  const jobs = `jobs: {image: "${IMAGE}", growth: {schedule: '15 * * * *', prometheus: 'http://p:9090'}}\n`;
  const grow = 'storage: {grow: {atUsedPercent: 80, byPercent: 25, maxGiB: 5000}}';
  const text = WIDE.replace('{namespace: nodes}, west: {}', '{context: a}, west: {context: b}')
    .replace('defaults:\n', `${jobs}defaults:\n`)
    .replaceAll('    role: rpc\n', `    role: rpc\n    ${grow}\n`);
  const both = expectedJobs(readFixture(text).network, ['east', 'west'], true);
  const nothing = { places: [], nodes: [], claims: [], backups: [] };
  const { groups } = fleetMonitoring(undefined, { ...nothing, jobs: both });
  const { alerts = [] } = groups.find(({ name }) => name === 'watchbill-jobs') ?? {};
  assert.equal(alerts.length, 3);
  for (const { name, expr } of alerts)
    for (const place of ['east', 'west']) assert.ok(expr.includes(`place="${place}"`), `${name} of ${place}`);
  const [fails] = alerts;
  assert.match(fails?.expr ?? '', /max by \(namespace, cronjob, place\)/);
});

test('a gateway that is gone has an alert', () => {
  const all = fleetMonitoring().groups.flatMap(({ alerts }) => alerts);
  assert.ok(all.some(({ expr }) => expr.includes('up{job="watchbill-gateway"} == 0')));
});
