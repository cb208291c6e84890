import { jobsAt } from '../file/emit/index.ts';
import type { FleetNode, Network } from '../file/normalise/index.ts';

/** The expected targets: the absence of one has an alert. */
export interface Expected {
  /** Places whose agents write to the Prometheus that has the rules. */
  readonly places: readonly string[];
  readonly nodes: readonly ExpectedNode[];
  /** Namespaces of clusters. */
  readonly claims: readonly ExpectedClaims[];
  readonly backups: readonly BackedUp[];
  readonly jobs: readonly ExpectedJob[];
}

/** A node that must be seen, with the labels that its series have. */
export interface ExpectedNode {
  readonly network: string;
  readonly node: string;
  readonly pool: string;
  readonly role: string;
  readonly place: string;
}

/** Volumes with a required use figure. `place`: the label that they have at a hub; null if there is none. */
export interface ExpectedClaims {
  readonly namespace: string;
  readonly place: string | null;
}

/** One node of which backups are expected. */
export interface BackedUp {
  readonly network: string;
  readonly node: string;
}

/** A CronJob of `fleet file render --format jobs` that must run. */
export interface ExpectedJob {
  readonly namespace: string;
  /** Name of the CronJob, for example `growth`. */
  readonly job: string;
  /** The label that its series have at a hub; null if there is none. */
  readonly place: string | null;
  /** Longest time of one run. */
  readonly minutes: number;
}

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
