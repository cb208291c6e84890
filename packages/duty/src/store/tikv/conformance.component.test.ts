import { systemClock } from '@watchbill/kit';
import { conformance, type Opened } from '../testing/conformance/index.ts';
import { openTikvStore } from './store.ts';
import { fakeCluster } from './testing/fake-cluster.ts';

/**
 * Against the fake cluster, so that every law is seen without Go; `test/tikv` has the same against a real
 * one.
 */
async function open(): Promise<Opened> {
  const cluster = await fakeCluster();
  const openStore = () =>
    openTikvStore({
      endpoints: cluster.endpoints,
      clock: systemClock(),
      lockTtlMs: 300,
      watchIntervalMs: 20,
    });
  let store = await openStore();
  const full = { regionError: { message: 'full', diskFull: { storeId: [1n], reason: 'full' } } };
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openStore();
      return store;
    },
    // Leases end by the time of PD, which is moved on; watches look every 20 ms of this machine.
    letTimePass: (ms) => {
      cluster.skewMs += ms;
      return systemClock().sleep(Math.min(ms, 25));
    },
    faults: {
      stall: async () => {
        cluster.fate = () => 'lose-request';
      },
      resume: async () => {
        cluster.fate = () => 'pass';
      },
      failWrites: async () => {
        cluster.fate = ({ method }) => (method === 'KvPrewrite' ? full : 'pass');
      },
      healWrites: async () => {
        cluster.fate = () => 'pass';
      },
    },
    close: async () => {
      await store.close();
      await cluster.close();
    },
  };
}

conformance('tikv, on fakes,', {
  open,
  leaseTtlMs: 30_000,
  lostCallTimeoutMs: 400,
  without: {
    loseAnswer: 'which answer is lost decides: see outcomes.component.test.ts',
    stepClock: "no clock of the client plays a part; PD's is in the timestamps: see pd.component.test.ts",
  },
});
