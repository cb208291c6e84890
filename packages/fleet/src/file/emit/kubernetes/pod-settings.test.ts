import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, containersOf, podTemplate, records } from '../../graph/process.ts';
import type { KubernetesResource } from '../../graph/resource.ts';
import { IMAGE, readFixture, SOLO } from '../../testing/networks.ts';
import { objectProblems } from './testing/validate.ts';

const AFFINITY = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['nvme'] }] }],
    },
  },
};
const TOLERATION = { key: 'dedicated', operator: 'Equal', value: 'validators', effect: 'NoSchedule' };
const EXTRA = {
  name: 'logs',
  image: IMAGE,
  args: ['--follow'],
  environment: { LEVEL: 'info' },
  volumes: ['data', 'tmp'],
  cpu: 0.1,
  memoryGiB: 0.25,
};
const ALL = {
  placement: { tolerations: [TOLERATION], affinity: AFFINITY, priorityClassName: 'validators' },
  environment: { RUST_BACKTRACE: '1' },
  annotations: { 'example.org/owner': 'staking' },
  labels: { team: 'staking' },
  runAs: { user: 1500, group: 1600 },
  startup: { failureThreshold: 360 },
  software: { image: IMAGE, imagePullSecrets: ['registry'] },
};
const inPool = (role: string, settings: object) => `  more: ${JSON.stringify({ role, ...settings })}\n`;

function setOf(text: string, name: string): KubernetesResource {
  const found = readFixture(text).graph.resources.find(({ id }) => id === `main/StatefulSet/harbour/${name}`);
  assert.ok(found?.target === 'kubernetes');
  return found;
}

test('every setting of pods is in the set of a validator, which still fits the schema of its kind', () => {
  const set = setOf(`${SOLO}${inPool('validator', ALL)}`, 'more-main-0');
  assert.deepEqual(objectProblems(set.body), []);
  const template = podTemplate(set) ?? {};
  const pod = at(template, 'spec');
  assert.deepEqual(at(pod, 'tolerations'), [TOLERATION]);
  assert.deepEqual(at(pod, 'affinity'), AFFINITY);
  assert.equal(at(pod, 'priorityClassName'), 'validators');
  assert.deepEqual(at(pod, 'imagePullSecrets'), [{ name: 'registry' }]);
  const user = ['runAsUser', 'runAsGroup', 'fsGroup'].map((key) => at(pod, 'securityContext', key));
  assert.deepEqual(user, [1500, 1600, 1600]);
  const [node, ...others] = containersOf(template);
  assert.equal(others.length, 0);
  assert.deepEqual(node?.env, [{ name: 'RUST_BACKTRACE', value: '1' }]);
  assert.equal(at(node?.startupProbe, 'failureThreshold'), 360);
  assert.equal(at(node?.startupProbe, 'periodSeconds'), 10);
  for (const metadata of [at(set.body, 'metadata'), at(template, 'metadata')]) {
    assert.equal(at(metadata, 'labels', 'team'), 'staking');
    assert.equal(at(metadata, 'annotations', 'example.org/owner'), 'staking');
    assert.equal(at(metadata, 'annotations', 'watchbill/key-set'), 'born.harbour.more-main-0');
  }
});

test('an extra container is hardened, and reads the volumes that it names', () => {
  const set = setOf(`${SOLO}${inPool('rpc', { extraContainers: [EXTRA] })}`, 'more-main');
  assert.deepEqual(objectProblems(set.body), []);
  const [, logs, ...others] = containersOf(podTemplate(set) ?? {});
  assert.equal(others.length, 0);
  assert.deepEqual(records(logs?.volumeMounts), [
    { name: 'data', mountPath: '/data', readOnly: true },
    { name: 'tmp', mountPath: '/tmp' },
  ]);
  assert.equal(at(logs?.securityContext, 'allowPrivilegeEscalation'), false);
  assert.equal(at(logs?.securityContext, 'readOnlyRootFilesystem'), true);
  assert.deepEqual(logs?.resources, {
    requests: { cpu: '100m', memory: '256Mi' },
    limits: { memory: '256Mi' },
  });
});

test('a port of the hosts that the file chooses is that of the Service, one for each node', () => {
  const exposure = { p2p: 'node-port', nodePort: 30_500 };
  const { resources } = readFixture(`${SOLO}${inPool('archive', { count: 2, exposure })}`).graph;
  const ports = [0, 1].map((index) => {
    const service = resources.find(
      ({ name, kind }) => kind === 'Service' && name === `more-main-${index}-p2p`,
    );
    assert.ok(service?.target === 'kubernetes');
    assert.deepEqual(objectProblems(service.body), []);
    return records(at(service.body, 'spec', 'ports'))[0]?.nodePort;
  });
  assert.deepEqual(ports, [30_500, 30_501]);
});

test('variables reach a unit as they are written', () => {
  const text = SOLO.replace('clusters: {main: {}}', 'machines: {iron: {host: 192.0.2.7}}')
    .replace(/software: \{image: "[^"]*"/, `software: {binary: {source: /node, sha256: ${'ab'.repeat(32)}}`)
    .replace(/ {2}rpc: .*\n/, '');
  const value = { RUST_LOG: 'info,sync=debug', ODD: 'a "b" \\ 100% $HOME' };
  const { graph } = readFixture(text.replace('count: 3', `count: 1, environment: ${JSON.stringify(value)}`));
  const unit = graph.resources.find(({ kind }) => kind === 'unit');
  assert.ok(unit?.target === 'machine' && unit.body.kind === 'unit');
  assert.match(unit.body.text, /^Environment="RUST_LOG=info,sync=debug"$/m);
  assert.match(unit.body.text, /^Environment="ODD=a \\"b\\" \\\\ 100%% \$HOME"$/m);
});
