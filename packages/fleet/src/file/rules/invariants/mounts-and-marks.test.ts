import { test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { body, breachTests } from './testing/changed.ts';

const SIGNER = 'east/StatefulSet/nodes/collators-east-0';
const SEEDED = 'east/StatefulSet/nodes/collators-east-1';
const RPC = 'east/StatefulSet/nodes/rpc-east';
const POD = ['spec', 'template', 'spec'] as const;

const container = (more: object): Json => ({ name: 'other', image: 'x', ...more }) as Json;
const mounts = (...names: readonly string[]) => names.map((name) => ({ name, mountPath: `/${name}` }));

const BREACHES = {
  'keys-mounted': {
    'a step that is not ours and mounts the keys': () =>
      body(SIGNER, [...POD, 'initContainers'], [container({ volumeMounts: mounts('keys') })]),
    'a container that mounts the keystore in memory': () =>
      body(SEEDED, [...POD, 'containers', 1], container({ volumeMounts: mounts('keystore') })),
    'a step that mounts the seeds': () =>
      body(SEEDED, [...POD, 'initContainers', 0], container({ volumeMounts: mounts('seeds') })),
    'a keystore on another volume': () =>
      body(SIGNER, [...POD, 'containers', 0, 'volumeMounts'], [{ name: 'data', mountPath: '/keys' }]),
    'a keystore in a folder of its volume that another pod may use': () =>
      body(
        SIGNER,
        [...POD, 'containers', 0, 'volumeMounts'],
        [{ name: 'keys', mountPath: '/keys', subPath: 'a' }],
      ),
    'a volume over a folder of the keystore': () =>
      body(
        SIGNER,
        [...POD, 'containers', 0, 'volumeMounts'],
        [...mounts('keys'), { name: 'tmp', mountPath: '/keys/keystore' }],
      ),
    'keys that two pods may attach': () =>
      body(SIGNER, ['spec', 'volumeClaimTemplates', 2, 'spec', 'accessModes'], ['ReadWriteMany']),
    'no claim for keys': () => body(SIGNER, ['spec', 'volumeClaimTemplates'], []),
    'the claim of a signer in another pod': () =>
      body(RPC, [...POD, 'volumes', 0], {
        name: 'x',
        persistentVolumeClaim: { claimName: 'keys-collators-east-0-0' },
      }),
    'a folder of the host': () =>
      body(RPC, [...POD, 'volumes', 0], { name: 'x', hostPath: { path: '/var/lib/kubelet' } }),
  },
  'marks-kept': {
    'no mark of the keys': () => body(SIGNER, ['metadata', 'annotations', 'watchbill/key-set'], undefined),
    'other keys on the pods': () =>
      body(SIGNER, [...POD.slice(0, 2), 'metadata', 'annotations', 'watchbill/key-set'], 'set.other'),
    'a mark of keys on a node that has none': () =>
      body(RPC, ['metadata', 'annotations'], { 'watchbill/key-set': 'set.other' }),
    'another owner': () => body(RPC, ['metadata', 'labels', 'watchbill/network'], 'other'),
    'no owner': () => body(SIGNER, ['metadata', 'labels', 'watchbill/network'], undefined),
    'pods of another pool': () =>
      body(SIGNER, [...POD.slice(0, 2), 'metadata', 'labels', 'watchbill/pool'], 'rpc'),
  },
  'unsafe-rpc': {
    'a step that never ends beside a signer': () =>
      body(SIGNER, [...POD, 'initContainers', 0], container({ restartPolicy: 'Always' })),
  },
};

for (const { name, run } of breachTests(BREACHES)) test(name, run);
