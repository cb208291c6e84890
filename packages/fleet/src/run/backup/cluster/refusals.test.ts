import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { restoreOnto } from '../restore.ts';
import { HASH } from '../testing/manifest.ts';
import { clusterControl } from './control.ts';
import { snapshotInventory } from './snapshot-inventory.ts';
import { claimName, MANIFEST, NODE, networkOfTwo, set, settled, type World, world } from './testing/node.ts';
import { volumeDestination } from './volume-destination.ts';

const NEVER = new AbortController().signal;

/** A wrong precondition, and its message. */
const REFUSALS: readonly (readonly [string, (own: World) => void, RegExp])[] = [
  [
    'no snapshot',
    ({ cluster }) => cluster.objects.delete('volumesnapshots/snap-relay'),
    /has none of that name/,
  ],
  [
    'not ready',
    (own) => set(own, 'volumesnapshots/snap-data', ['status', 'readyToUse'], false),
    /is not ready to use/,
  ],
  [
    'of another backup',
    (own) => set(own, 'volumesnapshots/snap-data', ['metadata', 'annotations', 'watchbill/backup-id'], 'x'),
    /it is not of backup/,
  ],
  [
    'going',
    (own) => set(own, 'volumesnapshots/snap-data', ['metadata', 'deletionTimestamp'], '2026-11-21T00:00:00Z'),
    /it is being removed/,
  ],
  [
    'made by others',
    (own) => set(own, 'volumesnapshots/snap-data', ['metadata', 'managedFields'], []),
    /not made for harbour/,
  ],
  [
    'unbound',
    (own) => set(own, 'volumesnapshots/snap-data', ['status', 'boundVolumeSnapshotContentName'], 7),
    /no content is bound/,
  ],
  [
    'no content',
    ({ cluster }) => cluster.objects.delete('volumesnapshotcontents/content-data'),
    /content-data is gone/,
  ],
  [
    'content of another',
    (own) => set(own, 'volumesnapshotcontents/content-data', ['spec', 'volumeSnapshotRef', 'uid'], 'x'),
    /bound to another snapshot/,
  ],
  [
    'content not ready',
    (own) => set(own, 'volumesnapshotcontents/content-data', ['status', 'readyToUse'], false),
    /content-data is not ready/,
  ],
  [
    'content going',
    (own) => set(own, 'volumesnapshotcontents/content-data', ['metadata', 'deletionTimestamp'], '2026'),
    /content-data is being removed/,
  ],
  ['another driver', (own) => set(own, 'storageclasses/fast', ['provisioner'], 'other'), /provided by other/],
  [
    'no such class',
    (own) => set(own, `persistentvolumeclaims/${claimName('data')}`, ['spec', 'storageClassName'], 'slow'),
    /storage class slow, which the cluster does not have/,
  ],
  [
    'no room',
    (own) => {
      set(own, 'volumesnapshots/snap-data', ['status', 'restoreSize'], '400Gi');
      own.cluster.objects.set('resourcequotas/team', {
        metadata: { name: 'team' },
        spec: { hard: { 'requests.storage': '650Gi' } },
        status: { used: { 'requests.storage': '600Gi' } },
      });
    },
    /quota team: requests.storage has/,
  ],
  [
    'another pod',
    ({ cluster }) =>
      void cluster.objects.set('pods/backup-copy', {
        metadata: { name: 'backup-copy' },
        spec: { volumes: [{ persistentVolumeClaim: { claimName: claimName('data') } }] },
      }),
    /pod backup-copy uses a volume/,
  ],
  [
    'no right',
    ({ cluster }) => void cluster.denied.add('patch persistentvolumes'),
    /lacks rights.*patch persistentvolumes/,
  ],
  ['no set', ({ cluster }) => cluster.objects.delete(`statefulsets/${NODE}`), /there is no StatefulSet/],
  [
    'another chain',
    (own) => {
      const { factsOn } = own;
      own.factsOn = (contents) => {
        const facts = factsOn(contents);
        return facts === null ? null : { ...facts, genesis: HASH };
      };
    },
    /is of chain/,
  ],
];

describe('a restore looks before it touches', () => {
  for (const [name, change, wanted] of REFUSALS)
    test(name, async () => {
      const own = world();
      change(own);
      await assert.rejects(restoreOnto(own.parts(null), MANIFEST, NEVER), wanted);
      assert.deepEqual(own.cluster.writes, [], 'no object was written');
      assert.equal(own.record, null);
      assert.equal(own.running, true);
    });

  test('no signer, no other p2p key, nothing older unless a person says so', async () => {
    const own = world();
    const { network, node } = networkOfTwo();
    const { open, control } = own.parts(null);
    const settings = { cluster: open, network, node, control, genesis: null, older: true };
    const all = network.pools.flatMap(({ nodes }) => nodes);
    const named = (role: string) => all.find((one) => one.role === role) ?? node;
    const look = (change: Partial<typeof settings>, manifest = MANIFEST) =>
      volumeDestination({ ...settings, ...change }).look(manifest, NEVER);
    const live = clusterControl(open, network, node);
    assert.deepEqual(await live.signing(NEVER), { signs: false, keys: [] });
    const pod = { spec: { containers: [{ name: 'node', args: ['--validator'] }] } };
    set(own, `statefulsets/${NODE}`, ['spec', 'template'], pod);
    await assert.rejects(look({ control: live }), {
      code: 'signer',
      message: /role backup .*, but can sign/,
    });
    await assert.rejects(look({ node: named('rpc') }), /p2p key of backup-east-0 is on its volume/);
    await assert.rejects(look({}, { ...MANIFEST, node: 'gone-0' }), /gone-0 is not in the network file/);
    await assert.rejects(look({ older: false }), { code: 'height' });
  });
});

describe('the inventory of snapshots', () => {
  test('the manifest goes first, and a snapshot that is needed stays whole', async () => {
    const own = world();
    const { open } = own.parts(null);
    const inventory = snapshotInventory(open, 'harbour', NODE);
    const name = { network: 'harbour', node: NODE, id: MANIFEST.id };
    set(
      own,
      'volumesnapshots/snap-relay',
      ['metadata', 'annotations', `restore.watchbill/${NODE}`],
      'needed',
    );
    const [listed] = await inventory.list(NEVER);
    assert.deepEqual(listed?.neededBy, [`a restore onto ${NODE}`]);
    await assert.rejects(inventory.remove(name, NEVER), { code: 'busy' });
    assert.ok(own.cluster.objects.has('volumesnapshots/snap-data'));

    const other = world();
    const clean = snapshotInventory(other.parts(null).open, 'harbour', NODE);
    assert.notEqual((await clean.list(NEVER))[0]?.manifest, null);
    await clean.remove(name, NEVER);
    const methods = other.cluster.writes.map((write) => write.split(' ')[0]);
    assert.deepEqual(methods, ['PATCH', 'PATCH', 'DELETE', 'DELETE']);
    assert.deepEqual(await clean.list(NEVER), []);
  });

  test('cut short after the first manifest it is listed as not whole', async () => {
    const own = world();
    let patches = 0;
    const open = own.cluster.open(async (name) => {
      if (name.startsWith('PATCH')) patches += 1;
      if (patches > 1) await new Promise(() => undefined);
    });
    void snapshotInventory(open, 'harbour', NODE).remove(
      { network: 'harbour', node: NODE, id: MANIFEST.id },
      NEVER,
    );
    await settled();
    const [listed] = await snapshotInventory(own.parts(null).open, 'harbour', NODE).list(NEVER);
    assert.equal(listed?.manifest, null);
  });
});
