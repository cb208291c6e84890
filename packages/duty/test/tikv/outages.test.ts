import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { openTikvStore } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { waitFor } from '@watchbill/testkit';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { keepHistory, type Load } from '../etcd/history.ts';
import { splitRegion } from './reference.ts';

const CALL_TIMEOUT_MS = 1_500;
const MOVES = 6;
const WAIT = { timeoutMs: 60_000 };
const options = { timeout: 240_000 };

interface Stage {
  readonly cluster: TikvCluster;
  readonly stores: readonly Store[];
  readonly load: Load;
}

describe('a cluster disturbed under load tells nobody what is not so', () => {
  let cluster: TikvCluster;
  before(async () => {
    cluster = await startTikvCluster();
  });
  after(() => cluster?.close());

  let spaces = 0;
  async function underLoad(disturb: (stage: Stage, prefix: string) => Promise<void>): Promise<void> {
    spaces += 1;
    const prefix = `/outage-${spaces}/`;
    const open = (): Promise<Store> =>
      openTikvStore({
        endpoints: cluster.endpoints,
        prefix,
        clock: systemClock(),
        callTimeoutMs: CALL_TIMEOUT_MS,
      });
    const stores = await Promise.all([open(), open()]);
    try {
      await keepHistory(stores, (load) => disturb({ cluster, stores, load }, prefix));
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  }

  test('the region moves from store to store', options, () =>
    underLoad(async ({ load }, prefix) => {
      for (let moved = 0; moved < MOVES; moved += 1) {
        let before: number | null = null;
        // PD takes no order for a region whose last one is still carried out.
        const isTaken = async (): Promise<boolean> => {
          const { id, leaderStore, peers } = await cluster.regionOf(prefix);
          before = leaderStore;
          const next = peers.find(({ storeId }) => storeId !== leaderStore)?.storeId ?? 0;
          return cluster.placement.moveLeader(id, next);
        };
        await waitFor('PD takes the order', isTaken, WAIT);
        const hasMoved = async () => (await cluster.regionOf(prefix)).leaderStore !== before;
        await waitFor('another store leads', hasMoved, WAIT);
        await load.goesOn();
      }
    }),
  );

  test('the region is split between the records', options, () =>
    underLoad(async ({ load }, prefix) => {
      const before = await cluster.regionOf(`${prefix}mark/c`);
      await splitRegion(cluster, `${prefix}mark/b`);
      await load.goesOn();
      const regions = () =>
        Promise.all(['mark/a', 'mark/c'].map((key) => cluster.regionOf(`${prefix}${key}`)));
      // The stores tell PD of it a moment later.
      const areTwo = async () => new Set((await regions()).map(({ id }) => id)).size === 2;
      await waitFor('the records are in two regions', areTwo, WAIT);
      assert.ok((await regions()).some(({ id }) => id === before.id));
    }),
  );

  test('the leader of the records is frozen until another leads, and wakes up', options, () =>
    underLoad(async ({ load }, prefix) => {
      const old = await cluster.storeLeader(prefix);
      old.pause();
      try {
        assert.notEqual((await cluster.storeLeader(prefix)).name, old.name);
        await load.goesOn();
      } finally {
        old.resume();
      }
      await load.goesOn();
    }),
  );
});
