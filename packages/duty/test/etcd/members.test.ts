import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { startEtcdCluster } from '@watchbill/testkit';
import { BINARIES } from './binaries.ts';

const UNITS = 200;
/**
 * A leader that stands still for a moment leads on: with a change of leaders an answer would not be certain.
 */
const ELECTION_MS = 3_000;
const CALL_TIMEOUT_MS = 20_000;

for (const binary of BINARIES) {
  test(`etcd ${binary}: callers at each member race for units, and each unit has one winner`, async () => {
    const cluster = await startEtcdCluster({ binary, electionMs: ELECTION_MS });
    try {
      const stores = await Promise.all(
        cluster.endpoints.map((endpoint) =>
          openEtcdStore({ endpoints: [endpoint], clock: systemClock(), callTimeoutMs: CALL_TIMEOUT_MS }),
        ),
      );
      const wins = Array.from({ length: UNITS }, () => 0);
      await Promise.all(
        stores.map(async (store, who) => {
          for (let unit = 0; unit < UNITS; unit += 1) {
            const key = `unit/${unit}`;
            const writes = [{ key, value: Buffer.from(`${who}`) }];
            const [result] = await store.transact([{ compares: [{ key, value: null }], writes }]);
            assert.match(result?.outcome ?? '', /^(applied|conflict)$/);
            if (result?.outcome === 'applied') wins[unit] = (wins[unit] ?? 0) + 1;
          }
        }),
      );
      assert.deepEqual(
        wins,
        wins.map(() => 1),
      );
      const health = await stores[0]?.health();
      assert.equal(health?.ok, true);
      assert.equal(health?.members.filter(({ ok }) => ok).length, 1, 'one endpoint shows one member');
      await Promise.all(stores.map((store) => store.close()));
    } finally {
      await cluster.close();
    }
  });
}
