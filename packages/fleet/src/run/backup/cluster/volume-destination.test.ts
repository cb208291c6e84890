import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { Destination } from '../port.ts';
import { restoreOnto } from '../restore.ts';
import { HASH } from '../testing/manifest.ts';
import {
  claimName,
  MANIFEST,
  NODE,
  networkOfTwo,
  set,
  settled,
  VOLUMES,
  type World,
  world,
} from './testing/node.ts';
import { type VolumeDestinationSettings, volumeDestination } from './volume-destination.ts';

const NEVER = new AbortController().signal;

function held(own: World): readonly string[] {
  return VOLUMES.flatMap((volume) => {
    const notes = at(own.cluster.objects.get(`volumesnapshots/snap-${volume}`), ['metadata', 'annotations']);
    return Object.keys((notes ?? {}) as JsonRecord).filter((key) => key.startsWith('restore.'));
  });
}

function policies(own: World): readonly unknown[] {
  return [...own.cluster.objects]
    .filter(([key]) => key.startsWith('persistentvolumes/'))
    .map(([, one]) => at(one, ['spec', 'persistentVolumeReclaimPolicy']));
}

/** The node runs on this content, and no other object of the restore is left. */
function assertTidy(own: World, content: 'backup' | 'old'): void {
  assert.deepEqual(own.contents(), [content, content]);
  assert.deepEqual([...own.cluster.data.values()], [content, content], 'no other volume is left');
  assert.deepEqual(policies(own), ['Delete', 'Delete']);
  assert.deepEqual(held(own), []);
  assert.equal(own.running, true);
  assert.equal(own.record, null);
}

function destinationIn(own: World, changes: Partial<VolumeDestinationSettings>): Destination {
  const { control, open } = own.parts(null);
  const given = { ...networkOfTwo(), cluster: open, control, genesis: null, older: true };
  return volumeDestination({ ...given, ...changes });
}

/** A restore whose destination was changed. */
function restoredWith(
  own: World,
  change: (destination: Destination) => Partial<Destination>,
): Promise<unknown> {
  const parts = own.parts(null);
  const destination = { ...parts.destination, ...change(parts.destination) };
  return restoreOnto({ ...parts, destination }, MANIFEST, NEVER);
}

describe('a restore in a cluster', () => {
  test('makes the claims anew of the snapshots, like the old ones, and lets the old volumes go', async () => {
    const own = world();
    await restoreOnto(own.parts(null), MANIFEST, NEVER);
    assertTidy(own, 'backup');
    const claim = own.cluster.objects.get(`persistentvolumeclaims/${claimName('relay')}`);
    assert.deepEqual(at(claim, ['metadata', 'labels']), { 'watchbill/network': 'harbour' });
    assert.deepEqual(at(claim, ['spec', 'resources', 'requests', 'storage']), '300Gi');
    assert.equal(at(claim, ['spec', 'dataSource', 'name']), 'snap-relay');
  });

  test('killed before any call and run again it ends well, and the old data is there until the node was seen on the new', async () => {
    for (let at = 0; ; at += 1) {
      const own = world();
      let done = false;
      const first = restoreOnto(own.parts(at), MANIFEST, NEVER).then(() => {
        done = true;
      });
      first.catch(() => undefined);
      await settled();
      if (done && own.record === null) {
        assertTidy(own, 'backup');
        assert.ok(at > 40, `only ${at} calls`);
        return;
      }
      const isOldThere = VOLUMES.every((volume) => own.cluster.data.get(`old-${volume}`) === 'old');
      assert.ok(isOldThere || own.seen, `killed before call ${at}`);
      await restoreOnto(own.parts(null), MANIFEST, NEVER);
      assertTidy(own, 'backup');
    }
  });

  test('killed on its way back to the old volumes it ends there too', async () => {
    for (let at = 0; ; at += 1) {
      const own = world();
      for (const volume of VOLUMES) own.cluster.snapshots.set(`snap-${volume}`, 'empty');
      let done = false;
      const first = restoreOnto(own.parts(at), MANIFEST, NEVER).catch((error: unknown) => {
        assert.ok(error instanceof BackupFault && error.code === 'fell-back', String(error));
        done = true;
      });
      await settled();
      const isOver = done && own.record === null;
      if (!isOver) await assert.rejects(restoreOnto(own.parts(null), MANIFEST, NEVER), { code: 'fell-back' });
      assertTidy(own, 'old');
      if (isOver) return void (await first);
    }
  });

  test('a claim that the server refuses is not a restore: the old volumes come back', async () => {
    const own = world();
    const restored = restoredWith(own, ({ swapIn }) => ({
      swapIn: async (...args) => {
        own.cluster.refusesClaims = 'exceeded quota: team';
        try {
          return await swapIn(...args);
        } finally {
          own.cluster.refusesClaims = null;
        }
      },
    }));
    await assert.rejects(restored, /exceeded quota: team[\s\S]*old database/);
    assertTidy(own, 'old');
  });

  test('with --keep-old the old volumes stay, marked, without a claim', async () => {
    const own = world();
    await restoreOnto(own.parts(null, { keepOld: true }), MANIFEST, NEVER);
    assert.deepEqual(own.contents(), ['backup', 'backup']);
    for (const volume of VOLUMES) {
      const old = own.cluster.objects.get(`persistentvolumes/old-${volume}`);
      assert.equal(at(old, ['metadata', 'labels', 'watchbill/kept-of']), NODE);
      assert.equal(at(old, ['spec', 'persistentVolumeReclaimPolicy']), 'Retain');
    }
    assert.deepEqual(held(own), []);
  });

  test('what a failure before the node is touched leaves is undone', async () => {
    const own = world();
    const restored = restoredWith(own, ({ prepare }) => ({
      prepare: async (...args) => {
        await prepare(...args);
        throw new Error('the power is out');
      },
    }));
    await assert.rejects(restored, /the power is out/);
    assertTidy(own, 'old');
  });

  test('a volume that would go with its claim is not let go of', async () => {
    const own = world();
    const restored = restoredWith(own, () => ({ prepare: async () => undefined }));
    await assert.rejects(restored, /would not outlive its claim/);
    assert.equal(own.cluster.data.get('old-data'), 'old');
  });

  test('the snapshots and the old volumes are held before the node is stopped, for as long as it takes', async () => {
    const own = world();
    const seen: string[] = [];
    const tell = (step: string): void => {
      seen.push(step);
      if (step === 'done') return;
      assert.deepEqual(held(own), [`restore.watchbill/${NODE}`, `restore.watchbill/${NODE}`], step);
      const old = own.cluster.objects.get('persistentvolumes/old-relay');
      assert.equal(at(old, ['spec', 'persistentVolumeReclaimPolicy']), 'Retain', step);
    };
    await restoreOnto(own.parts(null, { tell }), MANIFEST, NEVER);
    assert.deepEqual(seen, ['fetched', 'swapping', 'swapped', 'done']);
  });

  test('a claim that is exchanged in the moment in which the old one is removed stays', async () => {
    const own = world();
    const key = `persistentvolumeclaims/${claimName('data')}`;
    const open = own.cluster.open(async (name) => {
      if (name === `DELETE ${key}`) set(own, key, ['metadata', 'uid'], 'of-another');
    });
    const restored = restoredWith(own, () => destinationIn(own, { cluster: open }));
    await assert.rejects(restored, /IS DOWN/);
    assert.equal(at(own.cluster.objects.get(key), ['metadata', 'uid']), 'of-another');
  });

  test('a claim that something else made meanwhile is not touched', async () => {
    const own = world();
    const key = `persistentvolumeclaims/${claimName('data')}`;
    const restored = restoredWith(own, ({ swapIn }) => ({
      swapIn: async (...args) => {
        set(own, key, ['metadata', 'uid'], 'of-another');
        return swapIn(...args);
      },
    }));
    await assert.rejects(
      restored,
      /this restore does not know claim[\s\S]*IS DOWN[\s\S]*kept by the policy Retain/,
    );
    assert.equal(at(own.cluster.objects.get(key), ['metadata', 'uid']), 'of-another');
  });
});

/** The node answers with the right heights, and still does not sit on what was made of the snapshot. */
const STRANGE_SEATS: readonly (readonly [string, (own: World, volume: string) => void, RegExp])[] = [
  [
    'a volume that was there before',
    (own, volume) =>
      set(own, `persistentvolumes/${volume}`, ['metadata', 'creationTimestamp'], '2026-11-20T00:00:00Z'),
    /was there before it/,
  ],
  [
    'a volume of another claim',
    (own, volume) => set(own, `persistentvolumes/${volume}`, ['spec', 'claimRef', 'uid'], 'of-another'),
    /is not its own/,
  ],
  [
    'no volume',
    (own) => set(own, `persistentvolumeclaims/${claimName('data')}`, ['status', 'phase'], 'Lost'),
    /is not bound/,
  ],
];

describe('a node that answers from something else', () => {
  for (const [name, change, wanted] of STRANGE_SEATS)
    test(`${name} is not a restore`, async () => {
      const own = world();
      const parts = own.parts(null);
      const control = {
        ...parts.control,
        start: async (signal: AbortSignal) => {
          const claim = own.cluster.objects.get(`persistentvolumeclaims/${claimName('data')}`);
          if (own.record?.step === 'swapped') change(own, String(at(claim, ['spec', 'volumeName'])));
          return parts.control.start(signal);
        },
      };
      await assert.rejects(restoreOnto({ ...parts, control }, MANIFEST, NEVER), (error: unknown) => {
        assert.ok(error instanceof BackupFault && error.code === 'fell-back', String(error));
        assert.match(error.message, wanted);
        return true;
      });
      assert.deepEqual(own.contents(), ['old', 'old']);
      assert.equal(own.running, true);
    });

  test('one that is behind at its first answer got the rest from its peers', async () => {
    const own = world();
    const { factsOn } = own;
    let asked = 0;
    own.factsOn = (contents) => {
      const facts = factsOn(contents);
      if (facts === null || contents[0] !== 'backup') return facts;
      asked += 1;
      return asked > 1 ? facts : { ...facts, finalised: { number: 3, hash: HASH } };
    };
    await assert.rejects(restoreOnto(own.parts(null), MANIFEST, NEVER), /at its first answer/);
    assertTidy(own, 'old');
  });
});

describe('a node without its old volume', () => {
  for (const [name, change] of [
    ['gone', (own: World) => own.cluster.objects.delete('persistentvolumes/old-data')],
    [
      'of another claim',
      (own: World) => set(own, 'persistentvolumes/old-data', ['spec', 'claimRef', 'uid'], 'x'),
    ],
  ] as const)
    test(`${name}: it gets the backup, or a clear failure`, async () => {
      const lost = world();
      change(lost);
      lost.running = false;
      await assert.rejects(restoreOnto(lost.parts(null), MANIFEST, NEVER), { code: 'other-chain' });
      const named = (own: World) =>
        restoredWith(own, () => destinationIn(own, { genesis: MANIFEST.genesis }));
      lost.cluster.snapshots.set('snap-data', 'empty');
      await assert.rejects(named(lost), /IS DOWN[\s\S]*/);
      assert.equal(lost.record?.step, 'swapped');
      const well = world();
      change(well);
      well.running = false;
      await named(well);
      assert.deepEqual(well.contents(), ['backup', 'backup']);
    });
});
