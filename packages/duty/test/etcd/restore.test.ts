import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { openEtcdStore, type WentBack } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import {
  copyDisks,
  type EtcdBinary,
  type EtcdCluster,
  findEtcd,
  putBackDisks,
  restoreSnapshot,
  type SnapshotRestore,
  saveSnapshot,
  startEtcdCluster,
} from '@watchbill/testkit';
import { put } from '../support/put.ts';
import { BINARIES, ELECTION_MS } from './binaries.ts';

/**
 * Which restores the adapter itself notices. A service notices the others by the counter of its session.
 */
const CALL_TIMEOUT_MS = 20_000;
const WRITTEN_AFTER_BACKUP = 10;
const options = { timeout: 180_000 };

interface Stage {
  readonly cluster: EtcdCluster;
  /** Open since before the backup, and asked of nothing while the restore goes on. */
  readonly store: Store;
  readonly steps: readonly WentBack[];
  open(): Promise<Store>;
}

async function start(context: TestContext, binary: EtcdBinary, members: number): Promise<Stage> {
  const cluster = await startEtcdCluster({ binary, members, electionMs: ELECTION_MS });
  context.after(() => cluster.close());
  const steps: WentBack[] = [];
  const open = async (): Promise<Store> => {
    const store = await openEtcdStore({
      endpoints: cluster.endpoints,
      clock: systemClock(),
      callTimeoutMs: CALL_TIMEOUT_MS,
      onWentBack: (detail) => steps.push(detail),
    });
    context.after(() => store.close());
    return store;
  };
  const store = await open();
  await put(store, 'before');
  return { cluster, store, steps, open };
}

async function writeMore({ store }: Stage): Promise<void> {
  for (let index = 0; index < WRITTEN_AFTER_BACKUP; index += 1) await put(store, `lost/${index}`);
  const [last] = await store.read([`lost/${WRITTEN_AFTER_BACKUP - 1}`]);
  assert.notEqual(last, null);
}

/** The store has the record from before the backup and none of those after it. */
async function assertTakenBack(store: Store): Promise<void> {
  const [before] = await store.read(['before']);
  assert.notEqual(before, null, 'what the backup held is there');
  assert.deepEqual((await store.list('lost/')).records, []);
}

/** What a store says that was open all the time, and one that is opened after the restore. */
async function assertNoticed(context: TestContext, stage: Stage, noticed: boolean): Promise<void> {
  const { store, steps, open } = stage;
  await assertTakenBack(store);
  await assertTakenBack(await open());
  const [step] = steps;
  const seen = step === undefined ? 'not noticed' : `noticed: ${textOf(step)}`;
  context.diagnostic(`etcd ${stage.cluster.version}: ${context.name}: ${seen}`);
  assert.equal(steps.length, noticed ? 1 : 0, seen);
}

function textOf({ before, now }: WentBack): string {
  const cluster = before.clusterId === now.clusterId ? 'the same cluster id' : 'another cluster id';
  return `revision ${before.revision} to ${now.revision}, ${cluster}`;
}

function lacksUtl(binary: EtcdBinary): string | false {
  const found = findEtcd(binary);
  return found.found && found.etcdutl !== null ? false : 'this build of etcd has no etcdutl';
}

interface Case {
  readonly name: string;
  readonly how: SnapshotRestore;
  readonly noticed: boolean;
}

/** Above what was written after the snapshot. */
const BUMP = 1_000;
const SNAPSHOTS: readonly Case[] = [
  { name: 'a snapshot, same token', how: { token: 'same' }, noticed: true },
  { name: 'a snapshot, new token', how: { token: 'new' }, noticed: true },
  {
    name: 'a snapshot with --bump-revision, same token',
    how: { token: 'same', bumpRevision: BUMP },
    noticed: false,
  },
  {
    name: 'a snapshot with --bump-revision, new token',
    how: { token: 'new', bumpRevision: BUMP },
    noticed: true,
  },
];

for (const binary of BINARIES) {
  // 3.4 restores by `etcdctl` and has no --bump-revision; 3.6 restores by `etcdutl` alone.
  const skip = binary === 'v3.6' ? lacksUtl(binary) : false;
  for (const { name, how, noticed } of SNAPSHOTS) {
    if (how.bumpRevision !== undefined && binary === 'debian') continue;
    test(`etcd ${binary}: ${name}`, { ...options, skip }, async (context) => {
      const stage = await start(context, binary, 3);
      const file = await saveSnapshot(stage.cluster);
      await writeMore(stage);
      await restoreSnapshot(stage.cluster, file, how);
      await assertNoticed(context, stage, noticed);
    });
  }

  // What --bump-revision does on purpose, the first writers after the restore do by accident.
  test(`etcd ${binary}: a snapshot, same token, and others wrote as much again before this store looked`, {
    ...options,
    skip: binary === 'v3.6' ? lacksUtl(binary) : false,
  }, async (context) => {
    const stage = await start(context, binary, 3);
    const file = await saveSnapshot(stage.cluster);
    await writeMore(stage);
    await restoreSnapshot(stage.cluster, file, { token: 'same' });
    const other = await stage.open();
    for (let index = 0; index < WRITTEN_AFTER_BACKUP; index += 1) await put(other, `other/${index}`);
    await assertNoticed(context, stage, false);
  });

  test(`etcd ${binary}: all disks put back`, options, async (context) => {
    const stage = await start(context, binary, 3);
    const copy = await copyDisks(stage.cluster);
    await writeMore(stage);
    await stage.cluster.stopAll();
    putBackDisks(copy);
    await stage.cluster.startAll();
    await assertNoticed(context, stage, true);
  });

  test(
    `etcd ${binary}: a majority started from old disks, while the third member is down`,
    options,
    async (context) => {
      const stage = await start(context, binary, 3);
      const { cluster } = stage;
      const copy = await copyDisks(cluster);
      await writeMore(stage);
      await cluster.stopAll();
      const old = cluster.members.slice(0, 2);
      putBackDisks(copy, old);
      await Promise.all(old.map((member) => member.start()));
      await cluster.settled();
      await assertNoticed(context, stage, true);
    },
  );

  test(`etcd ${binary}: one member started from an old disk takes nothing back`, options, async (context) => {
    const stage = await start(context, binary, 3);
    const { cluster, store, steps } = stage;
    const copy = await copyDisks(cluster);
    await writeMore(stage);
    const leader = await cluster.leader();
    const follower = cluster.members.find((member) => member !== leader);
    assert.ok(follower !== undefined);
    await follower.kill();
    putBackDisks(copy, [follower]);
    // etcd ends a member that lacks entries which it had confirmed, or fills it up from the leader.
    await follower.start().catch(() => {});
    const only = await openAt(follower.clientUrl);
    const { records } = await store.list('lost/');
    assert.equal(records.length, WRITTEN_AFTER_BACKUP);
    if (only !== null) assert.equal(only, WRITTEN_AFTER_BACKUP);
    assert.deepEqual(steps, []);
    const said = only === null ? 'does not serve' : 'serves, with all records';
    context.diagnostic(`etcd ${cluster.version}: ${context.name}: the member ${said}`);
  });
}

/** How many of the records after the backup this member alone answers; null if it does not serve. */
async function openAt(endpoint: string): Promise<number | null> {
  try {
    const store = await openEtcdStore({ endpoints: [endpoint], clock: systemClock(), callTimeoutMs: 5_000 });
    try {
      return (await store.list('lost/')).records.length;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StoreFault && error.code === 'unavailable') return null;
    throw error;
  }
}
