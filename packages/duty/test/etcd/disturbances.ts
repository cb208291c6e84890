import assert from 'node:assert/strict';
import type { EtcdCluster } from '@watchbill/testkit';

/** What befalls a cluster under load; `goesOn` settles when the load was served again. */
type Disturb = (cluster: EtcdCluster, goesOn: () => Promise<void>) => Promise<void>;

export const DISTURBANCES: Readonly<Record<string, Disturb>> = {
  'the leader is killed and comes back': async (cluster, goesOn) => {
    const leader = await cluster.leader();
    await leader.kill();
    await goesOn();
    await leader.start();
  },
  'the leader is paused until another leads, and wakes up': async (cluster, goesOn) => {
    const old = await cluster.leader();
    old.pause();
    try {
      assert.notEqual((await cluster.leader()).name, old.name);
      await goesOn();
    } finally {
      old.resume();
    }
    await goesOn();
  },
  'a member is lost with its disk and joins anew': async (cluster, goesOn) => {
    const lost = cluster.members.find(({ name }) => name === 'm2');
    assert.ok(lost !== undefined);
    await cluster.rejoin(lost);
    await goesOn();
  },
  'all members are killed and come back': async (cluster, goesOn) => {
    await cluster.stopAll();
    await cluster.startAll();
    await goesOn();
  },
};
