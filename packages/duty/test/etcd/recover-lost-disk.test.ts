import { test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { followEveryLostDisk, followOneLostDisk, LOST_DISK_PAGE } from '../support/disasters/lost-disk.ts';

test(`the commands of ${LOST_DISK_PAGE} replace one of three services`, {
  timeout: 240_000,
}, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => cluster.close());
  await followOneLostDisk({ kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' });
  stamp(LOST_DISK_PAGE, `etcd ${cluster.version}`);
});

test(`the commands of ${LOST_DISK_PAGE} recover services that all lost their disk`, {
  timeout: 300_000,
}, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => cluster.close());
  await followEveryLostDisk({ kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' });
});
