import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { conformance, type Harness, type Opened } from '@watchbill/duty/store/testing/conformance';
import { systemClock } from '@watchbill/kit';
import { type EtcdCluster, type FaultProxy, startEtcdCluster, startFaultProxy } from '@watchbill/testkit';
import { BINARIES, ELECTION_MS } from './binaries.ts';

/**
 * A machine that stands still for a moment ends no lease that is kept alive, and no call before it was sent.
 */
const PATIENT = { leaseTtlMs: 5_000, lostCallTimeoutMs: 3_000, lawTimeoutMs: 120_000 };

for (const binary of BINARIES) {
  let cluster: EtcdCluster;
  let proxy: FaultProxy;
  before(async () => {
    cluster = await startEtcdCluster({ binary, electionMs: ELECTION_MS });
    proxy = await startFaultProxy(cluster.endpoints);
  });
  after(async () => {
    await proxy?.close();
    await cluster?.close();
  });

  let spaces = 0;
  const openSpace = (prefix: string): Promise<Store> =>
    openEtcdStore({ endpoints: proxy.urls, prefix, clock: systemClock() });

  const open = async (): Promise<Opened> => {
    spaces += 1;
    const prefix = `/space-${spaces}/`;
    let store = await openSpace(prefix);
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await openSpace(prefix);
        return store;
      },
      letTimePass: (ms) => sleep(ms),
      faults: {
        loseAnswerAfterApply: async () => proxy.loseNextAnswer(),
        loseAnswerBeforeApply: async () => proxy.loseNextRequest(),
        stall: async () => proxy.stall(),
        resume: async () => proxy.resume(),
      },
      close: async () => {
        proxy.resume();
        await store.close();
      },
    };
  };

  const harness: Harness = {
    open,
    ...PATIENT,
    without: {
      stepClock: "the wall clock is the machine's; etcd counts leases on the monotonic clock of its leader",
      failWrites:
        'an etcd out of space may have applied what it refuses, so it is `ambiguous`: see quota.test.ts',
    },
  };
  conformance(`etcd ${binary}`, harness);
}
