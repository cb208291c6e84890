import type { ExpectedClaims, ExpectedNode } from '@watchbill/kit/alerts';
import { jobsAt } from '../file/emit/index.ts';
import type { FleetNode, Network } from '../file/normalise/index.ts';
import type { ExpectedJob } from './job-alerts.ts';

/** Nodes of these places that must be seen: those whose metrics are read. */
export function expectedNodes(network: Network, places: readonly string[]): readonly ExpectedNode[] {
  return network.pools
    .flatMap((pool) => pool.nodes)
    .filter((node) => places.includes(node.place) && node.settings.monitoring.metrics && isAlwaysThere(node))
    .map(({ name: node, pool, role, place }) => ({ network: network.name, node, pool, role, place }));
}

/** Of a pool that is scaled by load, only the minimum number of nodes is expected. */
export function isAlwaysThere({ index, settings }: Pick<FleetNode, 'index' | 'settings'>): boolean {
  return settings.autoscale === null || index < settings.autoscale.min;
}

/**
 * Namespaces of those of these places that are clusters with nodes. `labelled`: whether their series have the
 * place as a label.
 */
export function expectedClaims(
  network: Network,
  places: readonly string[],
  labelled: boolean,
): readonly ExpectedClaims[] {
  const used = new Set(network.pools.flatMap(({ nodes }) => nodes.map(({ place }) => place)));
  return [...network.places.values()].flatMap((place) =>
    place.target === 'kubernetes' && places.includes(place.name) && used.has(place.name)
      ? [{ namespace: place.namespace, place: labelled ? place.name : null }]
      : [],
  );
}

/** The CronJobs that the file asks for in those of these places that are clusters. */
export function expectedJobs(
  network: Network,
  places: readonly string[],
  labelled: boolean,
): readonly ExpectedJob[] {
  return [...network.places.values()].flatMap((place) =>
    place.target === 'kubernetes' && places.includes(place.name)
      ? jobsAt(network, place.name).map(({ name: job, minutes }) => ({
          namespace: place.namespace,
          job,
          place: labelled ? place.name : null,
          minutes,
        }))
      : [],
  );
}
