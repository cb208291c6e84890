import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import fc from 'fast-check';
import { setOfNode } from '../../../file/emit/index.ts';
import { headText, readFixture } from '../../../file/testing/index.ts';
import { at } from '../../kubernetes/ownership.ts';
import type { RecordFile } from '../port.ts';
import { backupClock } from '../testing/fake-backup.ts';
import { DRILL_LABEL, DRILL_RUN, DRILL_UNTIL, drillPod } from './drill-pod.ts';
import { type DrillMark, removeDrill, removeLeftovers } from './leftovers.ts';
import { shortages } from './quota.ts';
import { fakeCluster } from './testing/fake-cluster.ts';

const NEVER = new AbortController().signal;

/** A node with everything that a drill must not have, as the emitter makes it. */
function setWithKeys() {
  const { network } = readFixture(`${headText({ places: 'clusters: {east: {}}' })}pools:
  backup:
    role: backup
    keys: {node: {source: secret, secret: p2p}}
    flags: {db-cache: 512, reserved-nodes: [/dns/other/tcp/30333/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp]}
    customFlags: [--own-flag=1]
`);
  const [pool] = network.pools;
  const [node] = pool?.nodes ?? [];
  const place = network.places.get('east');
  assert.ok(pool !== undefined && node !== undefined && place?.target === 'kubernetes');
  const parts = {
    boots: [],
    spec: { from: 'map', map: 'spec-1' },
    relaySpec: null,
    toolsImage: null,
  } as const;
  const { body } = setOfNode({ network, place }, pool, node, parts, { needs: [], afterHealthy: [] });
  return { node, set: body as JsonRecord };
}

describe('the pod of a drill', () => {
  const { node, set } = setWithKeys();
  const pod = drillPod({ node, set, rpcPort: 9944, run: 'r', until: 'u', mostSeconds: 60 });
  const text = JSON.stringify(pod);

  test('has no key, no Secret and no peer, and reads the chain as the node does', () => {
    assert.match(JSON.stringify(set), /p2p.*node-key/, 'the set itself has them');
    assert.doesNotMatch(text, /node-key|p2p|secret|reserved-nodes|bootnodes|public-addr|validator/i);
    const [container] = at(pod, ['spec', 'containers']) as readonly JsonRecord[];
    const flags = at(container, ['args']) as readonly string[];
    for (const flag of [
      '--chain=/spec/chain.json',
      '--base-path=/data',
      '--db-cache=512',
      '--own-flag=1',
      '--in-peers=0',
      '--listen-addr=/ip4/127.0.0.1/udp/0',
      '--out-peers=0',
      '--reserved-only',
    ])
      assert.ok(flags.includes(flag), `${flag} in ${flags.join(' ')}`);
    assert.equal(flags.filter((flag) => flag.startsWith('--rpc-methods')).join(), '--rpc-methods=safe');
  });

  test('is none of the set, of a Service or of the network, and ends by itself', () => {
    const labels = Object.keys(at(pod, ['metadata', 'labels']) as JsonRecord);
    assert.deepEqual(labels.sort(), ['app.kubernetes.io/managed-by', DRILL_LABEL]);
    assert.equal(at(pod, ['spec', 'restartPolicy']), 'Never');
    assert.equal(at(pod, ['spec', 'activeDeadlineSeconds']), 60);
    assert.doesNotMatch(text, /Probe/);
  });
});

describe('leftovers of a drill', () => {
  const mark: DrillMark = {
    format: 'watchbill/drill/1',
    node: 'backup-0',
    run: 'mine',
    until: '',
    snapshots: [],
  };
  function fake(run: string, until: string, record: DrillMark | null) {
    const cluster = fakeCluster();
    const metadata = {
      name: 'left',
      uid: 'u',
      labels: { [DRILL_LABEL]: 'backup-0' },
      annotations: { [DRILL_RUN]: run, [DRILL_UNTIL]: until },
    };
    cluster.objects.set('pods/left', { metadata });
    cluster.objects.set('persistentvolumeclaims/left', { metadata, spec: { volumeName: 'v' } });
    cluster.objects.set('persistentvolumes/v', {
      metadata: { name: 'v', uid: 'v', resourceVersion: '1' },
      spec: { claimRef: { uid: 'u' }, persistentVolumeReclaimPolicy: 'Retain' },
    });
    cluster.data.set('v', 'copy');
    let kept: DrillMark | null = record;
    const file: RecordFile<DrillMark> = {
      read: () => kept,
      write: (next) => {
        kept = next;
      },
      clear: () => {
        kept = null;
      },
    };
    const remove = () =>
      removeLeftovers(
        cluster.open(async () => undefined),
        'backup-0',
        file,
        clock,
        NEVER,
      );
    return { cluster, remove, file };
  }
  const clock = backupClock();
  const later = new Date(clock.nowMs() + 60_000).toISOString();
  const before = new Date(clock.nowMs() - 60_000).toISOString();

  test('goes at once where it was ours, with its volume, also of a class that keeps volumes', async () => {
    const { cluster, remove, file } = fake('mine', later, mark);
    await remove();
    assert.deepEqual([...cluster.objects.keys()], []);
    assert.equal(cluster.data.size, 0);
    assert.equal(file.read(), null);
  });

  test('one drill takes away its own alone', async () => {
    const { cluster } = fake('theirs', later, null);
    await removeDrill(
      cluster.open(async () => undefined),
      'backup-0',
      'mine',
      NEVER,
    );
    assert.equal(cluster.objects.size, 3);
  });

  test('of another machine stays while its time lasts, and goes afterwards', async () => {
    const busy = fake('theirs', later, null);
    await assert.rejects(busy.remove(), { code: 'busy' });
    assert.equal(busy.cluster.objects.size, 3);
    const over = fake('theirs', before, null);
    await over.remove();
    assert.equal(over.cluster.objects.size, 0);
  });
});

describe('quotas', () => {
  const quota = (hard: JsonRecord, used: JsonRecord): JsonRecord => ({
    metadata: { name: 'team' },
    spec: { hard },
    status: { used },
  });

  test('a claim fits if the used amount plus the request is not above the limit', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000), (hard, used, bytes) => {
        const found = shortages(
          [quota({ 'requests.storage': String(hard) }, { 'requests.storage': String(used) })],
          [{ storageClass: 'fast', bytes, claims: 1 }],
        );
        assert.equal(found.length === 0, bytes === 0 || used + bytes <= hard);
      }),
      { seed: 20261121 },
    );
  });

  test('of a class, of claims, and one that cannot be read', () => {
    const more = [{ storageClass: 'fast', bytes: 10, claims: 1 }];
    const name = 'fast.storageclass.storage.k8s.io/requests.storage';
    assert.equal(shortages([quota({ [name]: '5' }, { [name]: '0' })], more).length, 1);
    assert.equal(
      shortages([quota({ persistentvolumeclaims: '3' }, { persistentvolumeclaims: '3' })], more).length,
      1,
    );
    assert.match(shortages([quota({ 'requests.storage': '5Gi' }, {})], more).join(), /is not known/);
    assert.deepEqual(shortages([quota({ pods: '0' }, { pods: '0' })], more), []);
  });
});
