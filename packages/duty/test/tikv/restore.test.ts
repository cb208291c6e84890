import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { openTikvStore, type TikvWentBack } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import {
  copyTikvDisks,
  putBackTikvDisks,
  startTikvCluster,
  type TikvCluster,
  type TikvDiskCopy,
} from '@watchbill/testkit/tikv';
import { put } from '../support/put.ts';

/**
 * Which restores the adapter itself notices: none of these. PD's timestamps begin with the time of its
 * machine, so they go on when its disk goes back. Services notice by the counter of their session:
 * `docs/duty/how-to/etcd.md`.
 */
const CALL_TIMEOUT_MS = 30_000;
const WRITTEN_AFTER_BACKUP = 10;
const options = { timeout: 300_000 };

interface Stage {
  /** Open since before the backup, and asked of nothing while the restore goes on. */
  readonly store: Store;
  readonly steps: readonly TikvWentBack[];
  readonly copy: TikvDiskCopy;
  open(): Promise<Store>;
}

let cluster: TikvCluster;
let spaces = 0;
before(async () => {
  cluster = await startTikvCluster();
});
after(() => cluster?.close());

/** One record before a copy of all disks, others after it. */
async function writtenAfterCopy(context: TestContext): Promise<Stage> {
  spaces += 1;
  const prefix = `/restore-${spaces}/`;
  const steps: TikvWentBack[] = [];
  const open = async (): Promise<Store> => {
    const store = await openTikvStore({
      endpoints: cluster.endpoints,
      prefix,
      clock: systemClock(),
      callTimeoutMs: CALL_TIMEOUT_MS,
      onWentBack: (detail) => steps.push(detail),
    });
    context.after(() => store.close());
    return store;
  };
  const store = await open();
  await put(store, 'before');
  const copy = await copyTikvDisks(cluster);
  for (let index = 0; index < WRITTEN_AFTER_BACKUP; index += 1) await put(store, `lost/${index}`);
  return { store, steps, copy, open };
}

/**
 * What the store that was open all the time, and one that is opened now, have of the records after the copy.
 */
async function leftOf(context: TestContext, { store, steps, open }: Stage): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const one of [store, await open()]) {
    assert.notEqual((await one.read(['before']))[0], null, 'what the copy held is there');
    counts.push((await one.list('lost/')).records.length);
  }
  context.diagnostic(
    `${context.name}: ${counts[0]} of ${WRITTEN_AFTER_BACKUP} records left, noticed ${steps.length} times`,
  );
  return counts;
}

const unnoticed = 'the records are gone, and the adapter does not notice';
for (const [name, disks, left] of [
  [`disks of PD and stores put back: ${unnoticed}`, () => undefined, 0],
  [`disks of the stores put back alone: ${unnoticed}`, () => cluster.stores, 0],
  ['disks of PD put back alone take nothing back', () => cluster.pds, WRITTEN_AFTER_BACKUP],
] as const)
  test(`TiKV: ${name}`, options, async (context) => {
    const stage = await writtenAfterCopy(context);
    await putBackTikvDisks(cluster, stage.copy, disks());
    assert.deepEqual(await leftOf(context, stage), [left, left]);
    assert.deepEqual(stage.steps, []);
    await put(stage.store, 'after');
  });

test('TiKV: the disk of one store put back takes nothing back', options, async (context) => {
  const stage = await writtenAfterCopy(context);
  const leader = await cluster.storeLeader('/restore-');
  const follower = cluster.stores.find((one) => one !== leader);
  assert.ok(follower !== undefined);
  await putBackTikvDisks(cluster, stage.copy, [follower]);
  assert.deepEqual(await leftOf(context, stage), [WRITTEN_AFTER_BACKUP, WRITTEN_AFTER_BACKUP]);
  assert.deepEqual(stage.steps, []);
});
