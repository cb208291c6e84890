import type { Clock } from '@watchbill/base';
import type { Resource } from '@watchbill/fleet/graph';
import type { Health, LiveResource } from '@watchbill/fleet/live';
import type { Plan, Step } from '@watchbill/fleet/plan';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { type PerformSettings, perform } from '../apply/perform.ts';
import { settle } from '../apply/settle.ts';
import { withPartition } from '../apply/stages.ts';
import { finalFacts } from './condition.ts';
import { type NodeFacts, unknownFacts } from './facts.ts';
import { type NodeInstance, nodeConnections, type OpenNode } from './node-connections.ts';
import { instancesOf } from './node-instances.ts';
import type { Ask, Moved, RolloutPort } from './port.ts';
import { readingBook, readNode } from './read.ts';
import { markOf } from './signed.ts';

export interface PlacesRollout {
  readonly plan: Plan;
  /** Updates of resources that run nodes: one unit each. */
  readonly steps: readonly Step[];
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  /** All that the network has. */
  readonly live: readonly LiveResource[];
  /** The bodies applied before, by the id of the resource. */
  readonly before: Readonly<Record<string, Resource['body']>>;
  readonly clock: Clock;
}

export interface PlacesPort extends RolloutPort {
  /** Names of the nodes that an object or unit runs. */
  readonly nodesOf: (resourceId: string) => readonly string[];
  readonly close: () => void;
}

/** Nodes that are read at once. */
const MOST_READ = 16;

/** Clusters and machines: a set of pods is changed by its partition, a unit as a whole. */
export function placesPort(rollout: PlacesRollout): PlacesPort {
  const { plan, steps, targets, before, clock } = rollout;
  const instances = instancesOf(rollout.live, plan.network);
  const unitIds = new Set(steps.map(({ resourceId }) => resourceId));
  const book = nodeConnections(targets);
  const readings = readingBook();
  const stepOf = (id: string): Step => {
    const found = steps.find(({ resourceId }) => resourceId === id);
    if (found === undefined) throw new TypeError(`${id} is not rolled out`);
    return found;
  };
  const instancesOfUnit = (id: string) => instances.filter(({ resourceId }) => resourceId === id);

  async function put(id: string, body: Resource['body'], signal: AbortSignal): Promise<Moved> {
    const step = stepOf(id);
    const target = targets.get(step.place);
    if (target === undefined || step.resource === null)
      return { ok: false, detail: `${step.place} is not known here` };
    const settings: PerformSettings = { plan, clock, signal, journal: NO_JOURNAL };
    const known = [
      ...bodiesOf(step, instancesOfUnit(id).length),
      ...(before[id] === undefined ? [] : [before[id]]),
    ];
    const now = await fingerprintNow(step, known, plan.network, target, signal);
    if (typeof now !== 'string') return now;
    const wanted = { ...step, resource: { ...step.resource, body } as Resource, basedOn: now };
    const done = await perform(wanted, 'not-done', target, settings);
    return done.ok ? { ok: true } : { ok: false, detail: `${id}: ${done.detail}` };
  }

  async function facts(asked: readonly Ask[], signal: AbortSignal): Promise<readonly NodeFacts[]> {
    const healths = new Map<string, Promise<Health>>();
    const healthOf = ({ place, resourceId }: NodeInstance): Promise<Health> => {
      const asking =
        healths.get(resourceId) ??
        targets.get(place)?.health(resourceId, signal) ??
        Promise.resolve<Health>({ state: 'unknown', detail: place });
      healths.set(resourceId, asking);
      return asking;
    };
    const found: NodeFacts[] = [];
    for (let at = 0; at < asked.length; at += MOST_READ)
      found.push(
        ...(await Promise.all(asked.slice(at, at + MOST_READ).map((ask) => factsOf(ask, healthOf, signal)))),
      );
    return found;
  }

  async function factsOf(
    { node, version, since }: Ask,
    healthOf: (instance: NodeInstance) => Promise<Health>,
    signal: AbortSignal,
  ): Promise<NodeFacts> {
    const instance = instances.find((one) => one.node === node);
    if (instance === undefined) return unknownFacts(node, false);
    const health = await healthOf(instance).catch((): Health => ({ state: 'unknown', detail: node }));
    const place = {
      isRight: health.state === 'unknown' ? null : health.state === 'healthy',
      failure: health.state === 'failed' ? health.detail : null,
    };
    const access = await opened(instance, signal);
    if (access === null) return { ...unknownFacts(node, instance.signs), ...place };
    const viewer = since === null ? null : ((await viewerFor(node, signal))?.rpc ?? null);
    const read = await readNode(access, { node, signs: instance.signs, since, viewer }, readings, clock);
    return { ...read, ...place, isRight: version === null ? true : place.isRight };
  }

  const opened = (instance: NodeInstance, signal: AbortSignal): Promise<OpenNode | null> =>
    book.open(instance, signal).catch(() => null);

  /** Another node, a signer first, since it sees votes. */
  async function viewerFor(node: string | null, signal: AbortSignal): Promise<OpenNode | null> {
    const all = instances.filter((one) => one.node !== node);
    for (const instance of [...all.filter(({ signs }) => signs), ...all.filter(({ signs }) => !signs)].slice(
      0,
      3,
    )) {
      const access = await opened(instance, signal);
      if (access !== null) return access;
    }
    return null;
  }

  async function asViewer<Value>(
    signal: AbortSignal,
    read: (one: OpenNode) => Promise<Value>,
  ): Promise<Value | null> {
    const viewer = await viewerFor(null, signal);
    return viewer === null ? null : read(viewer).catch(() => null);
  }

  return {
    units: steps.map(({ resourceId, subject }) => ({
      id: resourceId,
      pool: subject.pool ?? '',
      signs: subject.keySet !== null,
      nodes: instancesOfUnit(resourceId).map(({ node }) => node),
    })),
    others: instances
      .filter(({ resourceId }) => !unitIds.has(resourceId))
      .map(({ node, pool, signs }) => ({ node, pool, signs })),
    change: (id, count, signal) => {
      const body = bodiesOf(stepOf(id), instancesOfUnit(id).length)[count - 1];
      if (body === undefined) throw new TypeError(`${id} has no ${count} nodes`);
      return put(id, body, signal);
    },
    restore: async (id, signal) => {
      const body = before[id];
      if (body === undefined) return { ok: false, detail: `the earlier state of ${id} is not known` };
      const moved = await put(id, body, signal);
      // A pod that never was ready keeps a StatefulSet from replacing it.
      if (moved.ok) await targets.get(stepOf(id).place)?.clearStale?.(id, signal);
      return moved;
    },
    facts,
    mark: (signal) => asViewer(signal, ({ rpc }) => markOf(rpc)),
    final: (signal) => asViewer(signal, ({ rpc }) => finalFacts(rpc)),
    nodesOf: (id) => instancesOfUnit(id).map(({ node }) => node),
    close: book.close,
  };
}

/** A roll-out never removes and recreates a resource. */
const NO_JOURNAL: PerformSettings['journal'] = {
  file: '',
  earlier: [],
  write: () => {
    throw new TypeError('a roll-out replaces no object');
  },
  close: () => undefined,
};

/** The bodies with which one, two, … all nodes have the change; the last one is the resource as declared. */
function bodiesOf({ resource }: Step, count: number): readonly Resource['body'][] {
  if (resource === null) return [];
  if (resource.target !== 'kubernetes' || resource.kind !== 'StatefulSet') return [resource.body];
  return Array.from({ length: count }, (_, index) => withPartition(resource.body, count - 1 - index));
}

/**
 * Of the live object: as the plan read it, or as a stage made it. Any other state has another author, and is
 * left alone.
 */
async function fingerprintNow(
  step: Step,
  known: readonly Resource['body'][],
  network: string,
  target: IdentifiedTarget,
  signal: AbortSignal,
): Promise<string | Moved> {
  let detail = `${step.resourceId} is not the object that was planned on`;
  for (const body of known) {
    const settled = await settle(
      { ...step, resource: { ...step.resource, body } as Resource },
      network,
      target,
      signal,
    );
    if (settled.state === 'not-done') return step.basedOn ?? { ok: false, detail };
    if (settled.state === 'done') return settled.fingerprint ?? { ok: false, detail };
    if (settled.state === 'stop') detail = settled.detail;
  }
  return { ok: false, detail };
}
