import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, type JsonRecord } from '@watchbill/kit';
import { field } from '@watchbill/kit/testing';
import { parse, parseAllDocuments } from 'yaml';
import { readNetwork } from '../../compile/read.ts';
import { at, records } from '../../graph/process.ts';
import type { KubernetesObject } from '../../graph/resource.ts';
import { fileText } from '../../testing/networks.ts';
import { objectProblems } from '../kubernetes/testing/validate.ts';
import { jobFiles } from './jobs.ts';

const SPEC =
  '{"name": "own", "bootNodes": ["/ip4/192.0.2.1/tcp/30333/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"]}';
const SHA256 = '6ef297816d2f7601973a3608fc10b44caa3b05a25f6d325c13d4bada15e32ebf';
const WATCHBILL = `registry.example.org/watchbill@sha256:${'ab'.repeat(32)}`;
const GROW = { grow: { atUsedPercent: 80, byPercent: 25, maxGiB: 1000 } };

function rendered(change: object = {}) {
  const file = fileText({
    clusters: { east: { context: 'gke-east' }, west: { context: 'gke-west' } },
    pools: {
      backup: { role: 'backup', places: { east: 1, west: 1 }, storage: GROW },
      validators: { role: 'validator', place: 'east' },
    },
    jobs: {
      image: WATCHBILL,
      backup: { schedule: '0 3 * * *', minutes: 30 },
      growth: { schedule: '15 * * * *', prometheus: 'http://prometheus.monitoring:9090' },
    },
    ...change,
  });
  const read = readNetwork(file, new Map([['spec/chain.json', SPEC]]));
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
  return jobFiles(read.network, read.graph).map(({ path, text }) => ({
    path,
    objects: parseAllDocuments(text).map((one) => one.toJS() as JsonRecord),
  }));
}

const named = (objects: readonly JsonRecord[], kind: string, name: string): JsonRecord => {
  const found = objects.find((one) => one.kind === kind && at(one, 'metadata', 'name') === name);
  assert.ok(found !== undefined, `${kind} ${name}`);
  return found;
};
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

test('each cluster gets a CronJob for its backup node and one for growth, and every object is well formed', () => {
  const files = rendered();
  assert.deepEqual(files.map(field('path')), ['east.yaml', 'west.yaml']);
  for (const { path, objects } of files) {
    const place = path.replace('.yaml', '');
    const crons = objects.filter(({ kind }) => kind === 'CronJob');
    assert.deepEqual(
      crons.map((one) => at(one, 'metadata', 'name')),
      [`backup-backup-${place}-0`, 'growth'],
    );
    for (const cron of crons) {
      const { spec } = cron;
      assert.equal(at(spec, 'concurrencyPolicy'), 'Forbid');
      assert.deepEqual([at(spec, 'successfulJobsHistoryLimit'), at(spec, 'failedJobsHistoryLimit')], [3, 3]);
      const job = at(spec, 'jobTemplate', 'spec');
      const [container, ...more] = records(at(job, 'template', 'spec', 'containers'));
      assert.deepEqual(more, []);
      assert.equal(at(container, 'image'), WATCHBILL);
      const words = textsOf(at(container, 'args'));
      const minutes = words.includes('backup') ? 30 : 10;
      assert.equal(at(job, 'activeDeadlineSeconds'), minutes * 60 + 900, 'the command ends by itself first');
      if (words.includes('grow')) assert.equal(words[words.indexOf('--place') + 1], place);
    }
    assert.deepEqual(
      objects.flatMap((one) => objectProblems(one as unknown as KubernetesObject)),
      [],
    );
  }
});

test('no account may read a Secret, start a pod or patch a set of another node; the policy is there first', () => {
  for (const { path, objects } of rendered()) {
    const node = `backup-${path.replace('.yaml', '')}-0`;
    const rules = objects
      .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
      .flatMap(({ rules }) => records(rules));
    for (const rule of rules) {
      const [resources, verbs] = [textsOf(rule.resources), textsOf(rule.verbs)];
      assert.ok(!resources.includes('secrets') && !resources.includes('*') && !verbs.includes('*'));
      if (resources.includes('pods')) assert.deepEqual(verbs, ['list']);
      if (resources.includes('statefulsets')) assert.deepEqual(rule.resourceNames, [node]);
      if (resources.includes('pods/portforward')) assert.deepEqual(rule.resourceNames, [`${node}-0`]);
      assert.ok(
        verbs.every((verb) => verb !== 'delete'),
        'the file names no backups to keep',
      );
    }
    const kinds = objects.map(({ kind }) => kind);
    assert.ok(kinds.indexOf('ValidatingAdmissionPolicyBinding') < kinds.indexOf('RoleBinding'));
    for (const one of objects) assert.doesNotMatch(JSON.stringify(one.metadata), /watchbill\/network/);
  }
});

test('a pod reads the file without the context of its cluster, and the specification beside it', () => {
  const [east] = rendered();
  const map = named(east?.objects ?? [], 'ConfigMap', 'watchbill-jobs');
  const file = parse(String(at(map, 'data', 'network.yaml'))) as JsonRecord;
  assert.deepEqual(at(file, 'clusters'), { east: {}, west: { context: 'gke-west' } });
  assert.ok(isRecord(file) && readNetwork(JSON.stringify(file)).ok, 'it is a network file');
  const [own] = rendered({ chain: { spec: { file: 'spec/chain.json', sha256: SHA256 } } });
  const data = at(named(own?.objects ?? [], 'ConfigMap', 'watchbill-jobs'), 'data');
  const name = `chain-spec-${SHA256.slice(0, 12)}.json`;
  assert.equal(at(data, name), SPEC);
  assert.equal(at(parse(String(at(data, 'network.yaml'))) as JsonRecord, 'chain', 'spec', 'file'), name);
});

test('with backups to keep, old ones are removed after a new one is whole', () => {
  const [east] = rendered({ backup: { keep: { last: 7 } } });
  const cron = named(east?.objects ?? [], 'CronJob', 'backup-backup-east-0');
  const pod = at(cron.spec, 'jobTemplate', 'spec', 'template', 'spec');
  const [first] = records(at(pod, 'initContainers'));
  const [last] = records(at(pod, 'containers'));
  assert.deepEqual([textsOf(at(first, 'args'))[2], textsOf(at(last, 'args'))[2]], ['run', 'prune']);
  const role = named(east?.objects ?? [], 'Role', 'watchbill-backup-backup-east-0');
  assert.match(JSON.stringify(role.rules), /"volumesnapshots"\],"verbs":\[[^\]]*"delete"/);
});

test('a network without jobs has no file', () => assert.deepEqual(rendered({ jobs: undefined }), []));

test('a pod can read its file also if another cluster of the file has no context', () => {
  const files = rendered({ clusters: { east: {}, west: { context: 'gke-west' } } });
  for (const { path, objects } of files) {
    const text = String(at(named(objects, 'ConfigMap', 'watchbill-jobs'), 'data', 'network.yaml'));
    const read = readNetwork(text);
    assert.ok(read.ok, `${path}: ${read.ok ? '' : JSON.stringify(read.problems)}`);
    const place = read.network.places.get(path.replace('.yaml', ''));
    assert.ok(place?.target === 'kubernetes' && place.context === null, 'its own cluster by its own token');
  }
});
