import { test } from 'node:test';
import { stamp, TIKV } from '@watchbill/testkit/pages/stamp';
import { startWorld } from '@watchbill/testkit/pages/world';
import {
  copyTikvDisks,
  putBackTikvDisks,
  startTikvCluster,
  type TikvDiskCopy,
} from '@watchbill/testkit/tikv';
import {
  grantsAroundBackup,
  RESTORED_PAGE,
  recoverAll,
  SKEW_MS,
} from '../support/disasters/store-restored.ts';

const BOXES = ['box1', 'box2'];

test(`the commands of ${RESTORED_PAGE} after disks of PD and stores were put back`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  const store = { kind: 'tikv', endpoints: cluster.endpoints, prefix: '/watchbill/' };
  const world = await startWorld('restored', { boxes: BOXES, store, skewMs: SKEW_MS });
  const backup: { copy: TikvDiskCopy | null } = { copy: null };
  await grantsAroundBackup(world, BOXES, async () => {
    backup.copy = await copyTikvDisks(cluster);
  });
  if (backup.copy !== null) await putBackTikvDisks(cluster, backup.copy);
  await recoverAll(world, BOXES, { table: [], outputs: 'any' });
  stamp(RESTORED_PAGE, TIKV);
});
