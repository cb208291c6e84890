import { nodeConnections } from './node-connections.ts';
import { instancesOf } from './node-instances.ts';
import { type PlacesRollout, placesChanges } from './places-changes.ts';
import { placesFacts } from './places-facts.ts';
import type { RolloutPort } from './port.ts';

export interface PlacesPort extends RolloutPort {
  /** Names of the nodes that an object or unit runs. */
  readonly nodesOf: (resourceId: string) => readonly string[];
  readonly close: () => void;
}

/** Clusters and machines: a set of pods is changed by its partition, a unit as a whole. */
export function placesPort(rollout: PlacesRollout): PlacesPort {
  const { plan, steps, targets, clock } = rollout;
  const instances = instancesOf(rollout.live, plan.network);
  const unitIds = new Set(steps.map(({ resourceId }) => resourceId));
  const connections = nodeConnections(targets);
  const nodesOf = (id: string) =>
    instances.filter(({ resourceId }) => resourceId === id).map(({ node }) => node);
  return {
    units: steps.map(({ resourceId, subject }) => ({
      id: resourceId,
      pool: subject.pool ?? '',
      signs: subject.keySet !== null,
      nodes: nodesOf(resourceId),
    })),
    others: instances
      .filter(({ resourceId }) => !unitIds.has(resourceId))
      .map(({ node, pool, signs }) => ({ node, pool, signs })),
    ...placesChanges(rollout, (id) => nodesOf(id).length),
    ...placesFacts({ instances, targets, connections, clock }),
    nodesOf,
    close: connections.close,
  };
}
