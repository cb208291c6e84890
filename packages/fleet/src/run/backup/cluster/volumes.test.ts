import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MANIFEST, networkOfTwo, set, type World, world } from './testing/node.ts';
import { type VolumeSettings, volumeTaking } from './volumes.ts';

const NEVER = new AbortController().signal;

function takingOf({ cluster }: World, change: Partial<VolumeSettings> = {}) {
  const open = cluster.open(async () => undefined);
  return volumeTaking({
    cluster: open,
    ...networkOfTwo(),
    chainId: 'x',
    snapshotClass: null,
    withNodeKey: false,
    ...change,
  });
}

test('the snapshots of a backup are there while each is ready, of that backup, and not being removed', async () => {
  const own = world();
  assert.equal(await takingOf(own).has(MANIFEST, NEVER), true);
  const changes: readonly ((own: World) => unknown)[] = [
    ({ cluster }) => cluster.objects.delete('volumesnapshots/snap-relay'),
    (one) => set(one, 'volumesnapshots/snap-data', ['status', 'readyToUse'], false),
    (one) => set(one, 'volumesnapshots/snap-data', ['metadata', 'annotations', 'watchbill/backup-id'], 'x'),
    (one) =>
      set(one, 'volumesnapshots/snap-relay', ['metadata', 'deletionTimestamp'], '2026-11-21T00:00:00Z'),
  ];
  for (const change of changes) {
    const other = world();
    change(other);
    assert.equal(await takingOf(other).has(MANIFEST, NEVER), false);
    assert.deepEqual(other.cluster.writes, []);
  }
});

test('a volume with a p2p key of its node is refused unless a person says so, and so is a class that is not there', async () => {
  const ready = (change: Partial<VolumeSettings>) => takingOf(world(), change).ready(NEVER);
  await assert.rejects(ready({}), /p2p key that backup-east-0 has on the relay chain is on its volume/);
  const nodes = networkOfTwo().network.pools.flatMap((pool) => pool.nodes);
  const born = nodes.find(({ role }) => role === 'rpc');
  assert.ok(born !== undefined);
  await assert.rejects(ready({ node: born }), /the p2p key of rpc-\S+ is on its volume/);
  await ready({ withNodeKey: true });
  await assert.rejects(ready({ withNodeKey: true, snapshotClass: 'fast' }), /VolumeSnapshotClass fast/);
});
