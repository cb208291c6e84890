import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { stringify } from 'yaml';
import { at, containersOf, podTemplate, records } from '../graph/process.ts';
import type { KubernetesResource } from '../graph/resource.ts';
import { readFixture, SOLO, SPEC_TEXT, WIDE } from '../testing/networks.ts';
import { readNetwork } from './read.ts';

const withPatches = (text: string, ...patches: readonly object[]) => `${text}${stringify({ patches })}`;
const ofSet = (patch: object, name = 'validators-main-0') => ({ kind: 'StatefulSet', name, patch });
const ofPod = (spec: object, name?: string) => ofSet({ spec: { template: { spec } } }, name);

function resource(text: string, id: string): KubernetesResource {
  const found = readFixture(text).graph.resources.find((one) => one.id === id);
  assert.ok(found?.target === 'kubernetes', id);
  return found;
}

test('a patch changes its object, and no other', () => {
  const aliases = [{ ip: '192.0.2.9', hostnames: ['db'] }];
  const text = withPatches(SOLO, ofPod({ hostAliases: aliases, containers: [{ name: 'node', tty: true }] }));
  const [before, after] = [readFixture(SOLO).graph, readFixture(text).graph];
  const changed = after.resources.filter((one, index) => {
    assert.equal(one.id, before.resources[index]?.id, 'the order stays');
    return JSON.stringify(one) !== JSON.stringify(before.resources[index]);
  });
  assert.deepEqual(changed.map(field('name')), ['validators-main-0']);
  const [set] = changed;
  const template = set === undefined ? null : podTemplate(set);
  assert.deepEqual(at(template ?? {}, 'spec', 'hostAliases'), aliases);
  const [node] = containersOf(template ?? {});
  assert.ok(node?.tty === true && records(node.volumeMounts).length > 1);
  assert.notEqual(after.digest, before.digest);
});

test('a pool is patched as a whole, a place alone if it is named, and one patch over another', () => {
  const annotate = (value: string) => ({ metadata: { annotations: { a: value } } });
  const text = withPatches(
    WIDE,
    { kind: 'StatefulSet', pool: 'collators', patch: annotate('all') },
    { kind: 'StatefulSet', pool: 'collators', place: 'west', patch: annotate('west') },
  );
  const marks = ['east/StatefulSet/nodes/collators-east-0', 'west/StatefulSet/wide/collators-west-0'].map(
    (id) => at(resource(text, id).body, 'metadata', 'annotations', 'a'),
  );
  assert.deepEqual(marks, ['all', 'west']);
});

/** Patches that are refused: what is said of each. */
const REFUSED: Readonly<Record<string, readonly [patch: object, said: RegExp]>> = {
  'two replicas of a signer': [
    ofSet({ spec: { replicas: 2 } }),
    /StatefulSet\/harbour\/validators-main-0: .*\(signer-runs-once: a signer is one pod/,
  ],
  'the keys in another container': [
    ofPod({ initContainers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'keys', mountPath: '/k' }] }] }),
    /container a mounts keys, which holds keys \(keys-mounted: /,
  ],
  'a policy that opens everything': [
    { kind: 'NetworkPolicy', name: 'validators-main', patch: { spec: { ingress: [{}] } } },
    /\(open-network: /,
  ],
  'other arguments': [
    ofPod({ containers: [{ name: 'node', args: ['--alice'] }] }),
    /image, command and arguments of container node cannot be changed/,
  ],
  'the node removed': [ofPod({ containers: [{ name: 'node', $patch: 'delete' }] }), /container node cannot/],
  'another step before the node': [
    ofPod({ initContainers: [{ name: 'node-key', command: ['true'] }] }),
    /container node-key cannot be changed/,
  ],
  'another name': [ofSet({ metadata: { name: 'other' } }), /metadata\.name cannot be changed/],
  'a status': [ofSet({ status: {} }), /status cannot be changed/],
  'a seed in a variable': [
    ofPod({ containers: [{ name: 'node', env: [{ name: 'SEED', value: 'abc' }] }] }),
    /looks like a secret/,
  ],
  'an unknown directive': [ofSet({ spec: { $retainKeys: ['a'] } }), /\$retainKeys is not supported/],
  'an object that is not there': [
    ofSet({ spec: {} }, 'validators-main-9'),
    /there is no StatefulSet validators-main-9/,
  ],
  'a Namespace': [{ kind: 'Namespace', name: 'harbour', patch: {} }, /patches\.0\.kind/],
  'name and pool': [{ ...ofSet({}), pool: 'validators' }, /expected name or pool/],
};

describe('a patch is judged by its result, and refused with the reason', () => {
  for (const [name, [patch, said]] of Object.entries(REFUSED))
    test(name, () => {
      const read = readNetwork(withPatches(SOLO, patch));
      assert.ok(!read.ok, 'it was accepted');
      assert.match(read.problems.map(({ what }) => what).join('\n'), said);
      for (const { at: place } of read.problems) assert.ok(place.line > 9, 'the line of the patch');
    });
});

describe('a patch gives the volume of the keys no content of another', () => {
  const claim = (name: string, spec: object = {}, metadata: object = {}) => ({
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, ...metadata } },
    spec: { accessModes: [`ReadWriteOnce${name === 'keys' ? 'Pod' : ''}`], ...SIZE, ...spec },
  });
  const SIZE = { resources: { requests: { storage: '64Mi' } } };
  const said = (...claims: readonly object[]) => {
    const read = readNetwork(withPatches(SOLO, ofSet({ spec: { volumeClaimTemplates: claims } })));
    return read.ok ? [] : read.problems.map(({ code, what }) => `${code} ${what}`);
  };
  const other = { kind: 'PersistentVolumeClaim', name: 'keys-validators-main-1-0' };
  const SOURCES: Readonly<Record<string, unknown>> = {
    dataSource: other,
    dataSourceRef: { ...other, namespace: 'far' },
    volumeName: 'pv-of-another',
    selector: { matchLabels: { of: 'another' } },
    volumeAttributesClassName: 'clone',
    'a-later-field': true,
  };
  for (const [field, value] of Object.entries(SOURCES))
    test(`by ${field}`, () => {
      const [one, ...more] = said(claim('data'), claim('keys', { [field]: value }));
      assert.match(
        one ?? '',
        new RegExp(`spec\\.${field} of the claim of its keys is set.*\\(keys-mounted: `),
      );
      assert.deepEqual(more, []);
    });
  test('by an annotation, a second claim, or a claim in the place of the keystore or the seeds', () => {
    const cloned = claim('keys', {}, { annotations: { 'k8s.io/CloneRequest': 'harbour/keys-x-0' } });
    assert.match(said(cloned).join(), /metadata\.annotations of the claim of its keys/);
    assert.match(said(claim('keys'), claim('keys', { dataSource: other })).join(), /or several/);
    for (const name of ['keystore', 'seeds'])
      assert.match(said(claim('keys'), claim(name)).join(), new RegExp(`the volume ${name} is a claim`));
  });
  test('and may set its class, size and mode', () => {
    const own = { storageClassName: 'fast', volumeMode: 'Filesystem' };
    assert.deepEqual(said(claim('data', { dataSource: other }), claim('keys', own)), []);
  });
});

describe('a patch leaves the keys that the mark of a signer names', () => {
  const ofKeys = (spec: object) => ofPod(spec, 'collators-east-1');
  const other = { name: 'x', secret: { secretName: 'other-keys' } };
  const mounts = (name: string, mountPath: string) => [{ name, volumeMounts: [{ name: 'x', mountPath }] }];
  const patches: Readonly<Record<string, readonly [patch: object, said: RegExp]>> = {
    'another Secret with seeds': [
      ofKeys({ volumes: [{ name: 'seeds', secret: { secretName: 'other-keys' } }] }),
      /the volume seeds cannot be changed/,
    ],
    'another volume in the place of the seeds': [
      ofKeys({ volumes: [other], initContainers: mounts('seed-aura', '/seeds') }),
      /the mounts of container seed-aura cannot be changed/,
    ],
    'a step with other seeds': [
      ofKeys({
        volumes: [other],
        initContainers: [{ image: 'x', command: ['true'], ...mounts('seed-babe', '/seeds')[0] }],
      }),
      /the mounts of container seed-babe cannot be changed/,
    ],
    'a key file over the keystore': [
      ofKeys({ volumes: [other], containers: mounts('node', '/keystore/6175726101') }),
      /the volume x is mounted in the keystore \(keys-mounted: /,
    ],
  };
  for (const [name, [patch, said]] of Object.entries(patches))
    test(name, () => {
      const read = readNetwork(withPatches(WIDE, patch), new Map([['chain.json', SPEC_TEXT]]));
      assert.ok(!read.ok, 'it was accepted');
      assert.match(read.problems.map(({ what }) => what).join('\n'), said);
    });
  test('another folder of the node is fine', () => {
    const read = readNetwork(
      withPatches(WIDE, ofKeys({ volumes: [other], containers: mounts('node', '/extra') })),
      new Map([['chain.json', SPEC_TEXT]]),
    );
    assert.ok(read.ok, JSON.stringify(read));
  });
});

test('the patch that breaks an invariant is named, and not the ones beside it', () => {
  const fine = ofSet({ metadata: { annotations: { a: 'b' } } });
  const read = readNetwork(
    withPatches(
      WIDE,
      { ...fine, name: 'archive-east-0' },
      { ...ofSet({ spec: { replicas: 2 } }), name: 'collators-east-0' },
    ),
    new Map([['chain.json', SPEC_TEXT]]),
  );
  assert.ok(!read.ok);
  assert.ok(read.problems.every(({ path, what }) => path === 'patches.1' && what.startsWith('patch 2: ')));
});
