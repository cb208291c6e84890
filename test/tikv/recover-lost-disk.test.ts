import { test } from 'node:test';
import { startTikvCluster } from '@watchbill/testkit/tikv';
import { stamp, TIKV } from '../docs/stamp.ts';
import { followOneLostDisk, LOST_DISK_PAGE } from '../support/disasters/lost-disk.ts';

test(`the commands of ${LOST_DISK_PAGE} replace one of three services on TiKV`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  await followOneLostDisk({ kind: 'tikv', endpoints: cluster.endpoints, prefix: '/watchbill/' });
  stamp(LOST_DISK_PAGE, TIKV);
});
