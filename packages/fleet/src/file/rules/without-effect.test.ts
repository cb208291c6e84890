import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNetwork } from '../compile/read.ts';
import { WHOLE_FILES } from '../compile/testing/whole-files.ts';
import { fileText, IMAGE, PROGRAMS } from '../testing/networks.ts';

/** Paths that are refused because they have no effect, of a file with `settings` in its first pool. */
function idle(settings: object, place: 'main' | 'iron', more: object = {}): readonly string[] {
  const text = fileText({
    machines: { iron: { host: '192.0.2.7' } },
    defaults: { software: PROGRAMS },
    pools: { p: { role: 'archive', place, ...settings } },
    ...more,
  });
  const read = readNetwork(text);
  if (read.ok) return [];
  assert.ok(
    read.problems.every(({ what }) => what.endsWith('has no effect')),
    JSON.stringify(read.problems),
  );
  return read.problems.map(({ path }) => path.replace('pools.p.', ''));
}

const OF_PODS = {
  storage: { chainGiB: 7 },
  placement: { spread: 'zone' },
  monitoring: { podMonitor: true },
  layout: 'set-each',
  software: { image: IMAGE },
  exposure: { rpc: 'cluster' },
};
const OF_MACHINES = { software: { companions: { worker: PROGRAMS.binary } } };
const OF_RELAY = { relayFlags: { 'db-cache': 7 }, storage: { relayGiB: 7 }, ports: { relayP2p: 31_000 } };

test('a setting of pods is refused on machines, and one of machines in clusters', () => {
  assert.deepEqual(idle(OF_PODS, 'iron').toSorted(), [
    'exposure.rpc',
    'layout',
    'monitoring.podMonitor',
    'placement.spread',
    'software.image',
    'storage.chainGiB',
  ]);
  assert.deepEqual(idle(OF_PODS, 'main'), []);
  assert.deepEqual(idle(OF_MACHINES, 'main'), [
    'software.companions.worker.source',
    'software.companions.worker.sha256',
  ]);
  assert.deepEqual(idle(OF_MACHINES, 'iron'), []);
});

test('a setting without its relay chain, keys, metrics or Prometheus is refused', () => {
  assert.deepEqual(idle(OF_RELAY, 'main'), ['relayFlags.db-cache', 'storage.relayGiB', 'ports.relayP2p']);
  assert.deepEqual(idle({ storage: { keystoreMiB: 65 } }, 'main'), ['storage.keystoreMiB']);
  const types = { keys: { session: { types: { babe: 'sr25519' } } } };
  assert.deepEqual(idle({ role: 'validator', ...types }, 'main'), ['keys.session.types.babe']);
  const silent = { monitoring: { metrics: false, podMonitor: true }, ports: { metrics: 9700 } };
  assert.deepEqual(idle(silent, 'main').toSorted(), ['monitoring.podMonitor', 'ports.metrics']);
  const autoscale = { by: 'cpu', min: 1, max: 2, target: 50, prometheus: 'http://watch:9090' };
  assert.deepEqual(idle({ role: 'rpc', autoscale }, 'main'), ['autoscale.prometheus']);
});

test('values that say that there is nothing, and settings of other nodes, are no fault', () => {
  const nothing = {
    exposure: { rpc: 'none' },
    monitoring: { podMonitor: false },
    placement: { spread: 'none' },
    storage: { class: null },
  };
  assert.deepEqual(idle(nothing, 'iron'), []);
  const defaults = { software: PROGRAMS, storage: { chainGiB: 7 } };
  assert.deepEqual(idle({}, 'iron', { defaults }), []);
  const mixed = { place: undefined, places: { main: 1, iron: 1 }, labels: { team: 'a' } };
  const instances = (own: object) => ({ ...mixed, instances: { 'iron-0': own } });
  assert.deepEqual(idle(instances({ resources: { cpu: 7 } }), 'main'), [], 'labels are for the pod at main');
  assert.deepEqual(idle(instances({ labels: { team: 'b' } }), 'main'), ['instances.iron-0.labels.team']);
});

test('the section of the services has no setting of pods on machines, and endpoints are addresses', () => {
  const service = { ...(WHOLE_FILES['a service in a cluster']?.service as object) };
  const places = ['iron', 'tin', 'lead'];
  const hosts = places.map((name, at) => [name, { host: `192.0.2.${7 + at}` }]);
  const more = { machines: Object.fromEntries(hosts), service: { ...service, places, command: '/opt/w' } };
  assert.deepEqual(idle({}, 'main', more), [
    'service.image',
    'service.imagePullSecrets',
    'service.storage',
    'service.placement',
  ]);
  const store = { endpoints: ['https://292.0.2.5:2379'], tls: 'a' };
  const file = { ...WHOLE_FILES['a service in a cluster'], service: { ...service, store } };
  const read = readNetwork(JSON.stringify(file));
  assert.ok(!read.ok && read.problems[0]?.path === 'service.store.endpoints.0');
});
