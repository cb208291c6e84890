import type { IdentifiedTarget } from '../../../apply/identity.ts';
import type { FleetPorts, OpenTargets } from '../../fleet-ports.ts';
import { clusterTargetOf } from './cluster.ts';
import { machineTargetOf } from './machine.ts';
import type { Operator, Simulation } from './simulation.ts';
import { type Life, twoWithOneKey } from './world.ts';

/** Longer than a lock lasts that is not renewed. */
export const LOCK_WAIT_MS = 70_000;

/** Notes two processes with one key. */
export function look(sim: Simulation): void {
  sim.broken ??= twoWithOneKey(sim.world.processes());
}

export function operatorAt({ operators }: Simulation, at: number): Operator {
  const operator = operators[at];
  if (operator === undefined) throw new TypeError(`there is no operator ${at}`);
  return operator;
}

/** A lock is renewed before each signing step only: time that is waited for passes at once. */
const NO_REPEAT = () => undefined;

/** The world as an operation of an operator reaches it. */
export function portsOf(sim: Simulation, operator: Operator, life: Life): FleetPorts {
  const { world } = sim;
  const clock = {
    ...world.clock,
    sleep: async (ms: number) => {
      await world.clock.sleep(ms);
      look(sim);
    },
  };
  const openTargets: OpenTargets = async (_network, places) => ({
    byPlace: new Map(
      places.map(({ formerName: _former, ...place }) => [
        place.name,
        mortal(sim, targetOf(sim, place), life),
      ]),
    ),
    close: () => undefined,
  });
  return { clock, memory: operator.memory, openTargets, holder: operator.holder, repeat: NO_REPEAT };
}

function targetOf({ world }: Simulation, place: IdentifiedTarget['place']): IdentifiedTarget {
  if (place.target === 'machine') return machineTargetOf(world.hosts.get(place.host) ?? null, place);
  const cluster = world.clusters.get(place.context ?? '');
  if (cluster === undefined) throw new TypeError(`there is no context ${place.context}`);
  return clusterTargetOf(cluster, place, world);
}

/** A target whose caller may be killed before and after each change, and before each look at health. */
function mortal(sim: Simulation, target: IdentifiedTarget, life: Life): IdentifiedTarget {
  return {
    ...target,
    apply: async (...args) => {
      await life.moment();
      const done = await target.apply(...args);
      look(sim);
      await life.moment();
      return done;
    },
    remove: async (...args) => {
      await life.moment();
      const done = await target.remove(...args);
      look(sim);
      await life.moment();
      return done;
    },
    health: async (...args) => {
      await life.moment();
      return target.health(...args);
    },
  };
}
