import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEtcdStore, type WentBack } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { startEtcdCluster, waitFor } from '@watchbill/testkit';
import { put } from '../support/put.ts';
import { BINARIES, ELECTION_MS } from './binaries.ts';

const WAIT = { timeoutMs: 60_000 };
/** Far above what a machine that stands still for a moment takes. */
const CALL_TIMEOUT_MS = 20_000;

/**
 * A clock that holds back the pause of a watch whose stream has ended, which is the sleep after the word of
 * it.
 */
function heldWatches() {
  const clock = systemClock();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let isNext = false;
  let held = 0;
  return {
    release,
    held: () => held,
    log: (message: string) => {
      isNext ||= /^watch of .* ended/.test(message);
    },
    clock: {
      ...clock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (!isNext) return clock.sleep(ms, signal);
        isNext = false;
        held += 1;
        await released;
      },
    },
  };
}

for (const binary of BINARIES) {
  const options = { timeout: 180_000 };

  test(
    `etcd ${binary}: a watch that has no stream when the step back is noticed is told to read again`,
    options,
    async () => {
      const cluster = await startEtcdCluster({ binary, members: 1 });
      try {
        const { clock, log, release, held } = heldWatches();
        const steps: WentBack[] = [];
        const onWentBack = (detail: WentBack) => steps.push(detail);
        const { endpoints } = cluster;
        const callTimeoutMs = CALL_TIMEOUT_MS;
        const store = await openEtcdStore({ endpoints, clock, log, onWentBack, callTimeoutMs });
        let resyncs = 0;
        const seen = new Set<string>();
        const watch = store.watch('', {
          onChange: ({ key }) => seen.add(key),
          onResync: () => {
            resyncs += 1;
          },
        });
        await watch.ready;
        for (let index = 0; index < 10; index += 1) await put(store, `lost/${index}`);
        await cluster.stopAll();
        for (const member of cluster.members) member.wipe();
        await waitFor('the stream has ended', () => held() > 0, WAIT);
        await cluster.startAll();
        await store.read(['before']);
        assert.equal(steps.length, 1, 'the step back is noticed');
        assert.equal(resyncs, 0);
        release();
        await waitFor('told to read again', () => resyncs > 0, WAIT);
        await put(store, 'after');
        await waitFor('changes are seen', () => seen.has('after'), WAIT);
        await store.close();
      } finally {
        await cluster.close();
      }
    },
  );

  test(`etcd ${binary}: a restart of everything is not a step back`, options, async () => {
    const cluster = await startEtcdCluster({ binary, electionMs: ELECTION_MS });
    try {
      const steps: WentBack[] = [];
      const onWentBack = (detail: WentBack) => steps.push(detail);
      const { endpoints } = cluster;
      const callTimeoutMs = CALL_TIMEOUT_MS;
      const store = await openEtcdStore({ endpoints, clock: systemClock(), onWentBack, callTimeoutMs });
      for (let round = 0; round < 2; round += 1) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => put(store, `${round}/${index}`)));
        await cluster.stopAll();
        await cluster.startAll();
      }
      await store.read(['0/0']);
      assert.deepEqual(steps, []);
      await store.close();
    } finally {
      await cluster.close();
    }
  });
}
