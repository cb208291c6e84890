import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningNode } from '../nodes/running-node.ts';
import type { ScenarioSetup } from './scenario-setup.ts';
import type { StoreKind } from './services.ts';
import { TIKV_SCENARIOS } from './tikv-scenarios.ts';

/** A fault of the machines of the identity, and its end. */
export interface Scenario {
  readonly name: string;
  /** One sentence for the table. */
  readonly what: string;
  /** Runs only on this store; without it, on each. */
  readonly onlyOn?: StoreKind;
  /** The standby is expected to take over, so its first signature is timed. */
  readonly takeover: boolean;
  /**
   * The clock of a machine stood or jumped: the sync of a stock node may stand for a while afterwards, and
   * later than it looks.
   */
  readonly shakes?: boolean;
  /** Brings it about; the answer ends it. */
  begin(setup: ScenarioSetup): Promise<() => Promise<void>>;
}

type Deed = (node: RunningNode, setup: ScenarioSetup) => Promise<() => Promise<void>>;

/** A fault of the machine that is active when the scenario begins. */
function toTheWatch(deed: Deed): Scenario['begin'] {
  return async (setup) => {
    const { onWatch } = await setup.roles();
    return deed(onWatch, setup);
  };
}

function partitioned(from: 'peers' | 'services' | 'both'): Scenario['begin'] {
  return toTheWatch(async (node) => {
    node.partition({ from });
    return async () => node.heal();
  });
}

function clockStepped(seconds: number): Scenario['begin'] {
  return toTheWatch(async (node) => {
    node.stepClock(seconds);
    return async () => {
      node.stepClock(0);
      // The library reads its file once a second.
      await sleep(1_500);
    };
  });
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'calm', what: 'nothing happens', takeover: false, begin: async () => async () => undefined },
  {
    name: 'killed',
    what: 'the active machine is killed with SIGKILL and comes back at the end',
    takeover: true,
    begin: toTheWatch(async (node, { supervisor }) => {
      const release = supervisor.leave(node);
      await node.kill();
      return async () => {
        await node.start();
        release();
      };
    }),
  },
  {
    name: 'restarted',
    what: 'the active machine is killed with SIGKILL and started again at once on its own database',
    takeover: false,
    begin: toTheWatch(async (node, { supervisor }) => {
      const release = supervisor.leave(node);
      await node.kill();
      await node.start();
      release();
      return async () => undefined;
    }),
  },
  {
    name: 'cut-from-service',
    what: 'the active machine cannot reach the permission service',
    takeover: true,
    begin: partitioned('services'),
  },
  {
    name: 'cut-from-peers',
    what: 'the active machine reaches the permission service and no other node',
    takeover: true,
    begin: partitioned('peers'),
  },
  {
    name: 'cut-from-both',
    what: 'the active machine reaches neither the permission service nor another node',
    takeover: true,
    begin: partitioned('both'),
  },
  {
    name: 'service-killed',
    what: 'the permission service (on a cluster: one of two) is killed with SIGKILL and comes back at the end',
    takeover: false,
    begin: async ({ services }) => {
      const service = services.alive();
      await service.kill();
      return () => service.restart();
    },
  },
  {
    name: 'etcd-leader-killed',
    what: 'the leader of the etcd cluster is killed with SIGKILL and comes back at the end',
    onlyOn: 'etcd',
    takeover: false,
    begin: async ({ services }) => {
      const leader = await services.etcd?.leader();
      await leader?.kill();
      return async () => leader?.start();
    },
  },
  ...TIKV_SCENARIOS,
  // After these the sync of a stock node stands for a while, so they come last.
  {
    name: 'clock-ahead',
    what: 'the clock of the active machine is set five seconds ahead, and back at the end',
    takeover: true,
    shakes: true,
    begin: clockStepped(5),
  },
  {
    name: 'clock-behind',
    what: 'the clock of the active machine is set five seconds back, and right again at the end',
    takeover: true,
    shakes: true,
    begin: clockStepped(-5),
  },
  {
    name: 'paused',
    what: 'the active machine is frozen with SIGSTOP and wakes up at the end',
    takeover: true,
    shakes: true,
    begin: toTheWatch(async (node) => {
      node.pause();
      return async () => node.resume();
    }),
  },
];
