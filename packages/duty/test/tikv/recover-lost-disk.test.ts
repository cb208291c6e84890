import { test } from 'node:test';
import { stamp, TIKV } from '@watchbill/testkit/pages/stamp';
import { startTikvCluster } from '@watchbill/testkit/tikv';
import { followEveryLostDisk, followOneLostDisk, LOST_DISK_PAGE } from '../support/disasters/lost-disk.ts';

test(`the commands of ${LOST_DISK_PAGE} replace one of three services on TiKV`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  await followOneLostDisk({ kind: 'tikv', endpoints: cluster.endpoints, prefix: '/watchbill/' });
  stamp(LOST_DISK_PAGE, TIKV);
});

test(`the commands of ${LOST_DISK_PAGE} recover services that all lost their disk on TiKV`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  // `recover` also prints the PD that leads, which the page leaves out.
  await followEveryLostDisk({ kind: 'tikv', endpoints: cluster.endpoints, prefix: '/watchbill/' }, 'any');
});
