import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { type EtcdBinary, type EtcdCluster, startEtcdCluster, waitFor } from '@watchbill/testkit';
import { binariesOf } from './binaries.ts';
import { DISTURBANCES } from './disturbances.ts';
import { keepHistory, type Load, move, storesOf } from './history.ts';

const WAIT = { timeoutMs: 60_000 };
const TEST_TIMEOUT_MS = 150_000;

interface Stage {
  readonly cluster: EtcdCluster;
  readonly stores: readonly Store[];
  readonly load: Load;
}

/** Load on a new cluster, the disturbance, load going on after it, and the check of all that was told. */
async function underLoad(binary: EtcdBinary, disturb: (stage: Stage) => Promise<void>): Promise<void> {
  const cluster = await startEtcdCluster({ binary });
  const stores: Store[] = [];
  try {
    stores.push(...(await storesOf(cluster, '/nemesis/')));
    await keepHistory(stores, (load) => disturb({ cluster, stores, load }));
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await cluster.close();
  }
}

for (const binary of binariesOf('debian')) {
  describe(`etcd ${binary} disturbed under load tells nobody what is not so`, {
    timeout: 5 * TEST_TIMEOUT_MS,
  }, () => {
    const options = { timeout: TEST_TIMEOUT_MS };

    for (const [name, disturb] of Object.entries(DISTURBANCES))
      test(name, options, () =>
        underLoad(binary, ({ cluster, load }) => disturb(cluster, () => load.goesOn())),
      );

    test('without a majority every call ends, none is told applied, and health says so', options, () =>
      underLoad(binary, async ({ cluster, stores, load }) => {
        const [first, second] = cluster.members;
        await Promise.all([first?.kill(), second?.kill()]);
        const unanswered = stores.map(async (store, index) => {
          assert.match(await move(store, `lost/${index}`, null, `x${index}`), /^(ambiguous|fault)$/);
          await assert.rejects(store.read(['lost/0']), { name: 'StoreFault', code: 'unavailable' });
        });
        await Promise.all(unanswered);
        // If it led, it takes the member that is left some time to see that nobody follows.
        const isLost = async () => (await stores[0]?.health())?.members.every(({ ok }) => !ok);
        await waitFor('the member left has no leader', isLost, WAIT);
        const health = await stores[0]?.health();
        assert.equal(health?.ok, false);
        assert.equal(health?.quorumMargin, 0);
        await Promise.all([first?.start(), second?.start()]);
        await load.goesOn();
      }),
    );
  });
}
