import { setTimeout as sleep } from 'node:timers/promises';
import type { TikvCluster } from '../tikv/index.ts';
import type { ScenarioSetup } from './scenario-setup.ts';
import type { Scenario } from './scenarios.ts';
import { LEDGER_PREFIX } from './services.ts';

const HELD_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 10;

function clusterOf({ services }: ScenarioSetup): TikvCluster {
  if (services.tikv === null) throw new Error('this scenario needs the ledger on TiKV');
  return services.tikv;
}

/** Faults of the cluster under the ledger: the scenarios of the grant, with kills at new places. */
export const TIKV_SCENARIOS: readonly Scenario[] = [
  {
    name: 'store-leader-killed',
    what: 'the store that leads the records of the ledger is killed with SIGKILL and comes back at the end',
    onlyOn: 'tikv',
    takeover: false,
    begin: async (setup) => {
      const leader = await clusterOf(setup).storeLeader(LEDGER_PREFIX);
      await leader.kill();
      return () => leader.start();
    },
  },
  {
    name: 'pd-leader-killed',
    what: 'the leader of PD is killed with SIGKILL and comes back at the end',
    onlyOn: 'tikv',
    takeover: false,
    begin: async (setup) => {
      const leader = await clusterOf(setup).pdLeader();
      await leader.kill();
      return () => leader.start();
    },
  },
  {
    name: 'two-stores-dead',
    what: 'two of the three stores are killed with SIGKILL, the leader among them, and come back at the end',
    onlyOn: 'tikv',
    takeover: false,
    begin: async (setup) => {
      const cluster = clusterOf(setup);
      const leader = await cluster.storeLeader(LEDGER_PREFIX);
      const dead = [leader, ...cluster.stores.filter((store) => store !== leader).slice(0, 1)];
      await Promise.all(dead.map((store) => store.kill()));
      return async () => {
        await Promise.all(dead.map((store) => store.start()));
        await cluster.settled();
      };
    },
  },
  {
    name: 'cluster-killed',
    what: 'all three PD and all three stores are killed with SIGKILL at once, and started again',
    onlyOn: 'tikv',
    takeover: false,
    begin: async (setup) => {
      const cluster = clusterOf(setup);
      await cluster.stopAll();
      await cluster.startAll();
      return async () => undefined;
    },
  },
  {
    name: 'service-killed-in-commit',
    what: 'a permission service is killed with SIGKILL between prewrite and commit, and comes back at the end',
    onlyOn: 'tikv',
    takeover: false,
    begin: async (setup) => {
      const cluster = clusterOf(setup);
      const service = setup.services.alive();
      await untilCommitHeld(cluster);
      await service.kill();
      await cluster.faults({});
      return () => service.restart();
    },
  },
];

/**
 * The stores hold every commit back until one waits: the records of a claim are locked then, and not written.
 */
async function untilCommitHeld(cluster: TikvCluster): Promise<void> {
  const deadline = performance.now() + HELD_TIMEOUT_MS;
  await cluster.faults({ KvCommit: 'hold' });
  while (((await cluster.faultsMet()).get('KvCommit') ?? 0) === 0) {
    if (performance.now() > deadline) {
      await cluster.faults({});
      throw new Error('no service committed anything');
    }
    await sleep(LOOK_EVERY_MS);
  }
}
