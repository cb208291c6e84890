import { test } from 'node:test';
import { restoreSnapshot, saveSnapshot, startEtcdCluster } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld } from '@watchbill/testkit/pages/world';
import {
  grantsAroundBackup,
  RESTORED_PAGE,
  recoverAll,
  SKEW_MS,
} from '../support/disasters/store-restored.ts';

const BOXES = ['box1', 'box2'];

test(`the commands of ${RESTORED_PAGE} after a restored snapshot of etcd`, {
  timeout: 300_000,
}, async (context) => {
  const cluster = await startEtcdCluster({ binary: 'v3.6' });
  context.after(() => cluster.close());
  const store = { kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' };
  const world = await startWorld('restored', { boxes: BOXES, store, skewMs: SKEW_MS });
  const backup = { file: '' };
  await grantsAroundBackup(world, BOXES, async () => {
    backup.file = await saveSnapshot(cluster);
  });
  await restoreSnapshot(cluster, backup.file, { token: 'same' });
  await recoverAll(world, BOXES, { table: [] });
  stamp(RESTORED_PAGE, `etcd ${cluster.version}`);
});
