import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  copyDisks,
  type EtcdCluster,
  findEtcd,
  putBackDisks,
  restoreSnapshot,
  type SnapshotRestore,
  saveSnapshot,
  startEtcdCluster,
} from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type RestoreCase, restoreStore } from '../support/restores.ts';
import { BINARIES, IS_LONG } from './binaries.ts';

leaveNothing('restore');

const options = { timeout: 240_000 };
/** Above what was written after the snapshot. */
const bumpRevision = 100_000;

const RUNNING: RestoreCase = { name: 'services run', services: 'running', disks: 'none', outcome: 'behind' };
const ALL_DISKS: RestoreCase = {
  name: 'all disks are put back too',
  services: 'stopped',
  disks: 'all',
  outcome: 'held',
};
const EVERY_CASE: readonly RestoreCase[] = [
  RUNNING,
  { name: 'services are down', services: 'stopped', disks: 'none', outcome: 'behind' },
  { name: 'one disk of two is put back too', services: 'stopped', disks: 'one', outcome: 'behind' },
  ALL_DISKS,
];

interface Kind {
  readonly name: string;
  readonly how: SnapshotRestore;
  readonly cases: readonly RestoreCase[];
}

/**
 * Every case for the kind that the adapter does not notice. The order counts: after a new token the cluster
 * has another id than the one that it was made with.
 */
const KINDS: readonly Kind[] = [
  { name: 'bump, same token', how: { token: 'same', bumpRevision }, cases: EVERY_CASE },
  { name: 'same token', how: { token: 'same' }, cases: [RUNNING, ALL_DISKS] },
  { name: 'bump, new token', how: { token: 'new', bumpRevision }, cases: [RUNNING] },
  { name: 'new token', how: { token: 'new' }, cases: [RUNNING] },
];

let ledgers = 0;
for (const binary of BINARIES) {
  const found = findEtcd(binary);
  const noUtl = found.found && found.etcdutl === null;
  // 3.6 restores by etcdutl alone; 3.4 by etcdctl, without --bump-revision.
  // In everyday runs, 3.6 restores only as 3.4 cannot.
  const isShort = binary === 'v3.6' && !IS_LONG;
  const skip = binary === 'v3.6' && noUtl ? 'this build of etcd has no etcdutl' : false;
  describe(`services on etcd ${binary}`, { skip }, () => {
    let cluster: EtcdCluster;
    before(async () => {
      cluster = await startEtcdCluster({ binary });
    });
    after(() => cluster?.close());

    const storeOf = () => {
      const base = ledgers;
      ledgers += 10;
      return (ledger: number) => {
        const prefix = `/restore-${base + ledger}/`;
        return { kind: 'etcd', endpoints: cluster.endpoints, prefix };
      };
    };

    const kinds = KINDS.filter(({ how }) => (how.bumpRevision === undefined ? !isShort : !noUtl));
    for (const { name, how, cases } of kinds)
      test(`a snapshot is restored: ${name}`, options, (context) =>
        restoreStore(context, {
          count: 2,
          storeOf: storeOf(),
          cases,
          backup: async () => {
            const file = await saveSnapshot(cluster);
            return () => restoreSnapshot(cluster, file, how);
          },
        }),
      );

    const oldDisk = { ...options, skip: isShort && 'everyday runs do this on etcd 3.4' };
    test('one member starts from an old disk: nothing is lost', oldDisk, (context) =>
      restoreStore(context, {
        count: 2,
        storeOf: storeOf(),
        cases: [{ ...RUNNING, outcome: 'goes on' }],
        backup: async () => {
          const copy = await copyDisks(cluster);
          return async () => {
            const leader = await cluster.leader();
            const follower = cluster.members.find((member) => member !== leader);
            assert.ok(follower !== undefined);
            await follower.kill();
            putBackDisks(copy, [follower]);
            // etcd ends a member that lacks what it had confirmed, or fills it up from the leader.
            await follower.start().catch(() => {});
          };
        },
      }),
    );
  });
}
