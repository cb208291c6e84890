import type { Clock } from '@watchbill/kit';
import type { Health } from '../../file/live/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { finalFacts } from './condition.ts';
import { type NodeFacts, unknownFacts } from './facts.ts';
import type { NodeConnections, NodeInstance, OpenNode } from './node-connections.ts';
import type { Ask, RolloutPort } from './port.ts';
import { readingBook, readNode } from './read.ts';
import { markOf } from './signed.ts';

export interface PlacesFactsParts {
  readonly instances: readonly NodeInstance[];
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  readonly connections: NodeConnections;
  readonly clock: Clock;
}

/** Nodes that are read at once. */
const MOST_READ = 16;
/** Nodes that are tried as a viewer of others. */
const MOST_VIEWERS = 3;

/** The health of an object or unit that runs a node. */
type HealthOf = (instance: NodeInstance) => Promise<Health>;

/** Facts about the nodes of all places and about their chain, as the nodes and places report them. */
export function placesFacts(parts: PlacesFactsParts): Pick<RolloutPort, 'facts' | 'mark' | 'final'> {
  const { instances, targets, connections, clock } = parts;
  const readings = readingBook();
  const opened = (instance: NodeInstance, signal: AbortSignal): Promise<OpenNode | null> =>
    connections.open(instance, signal).catch(() => null);

  async function factsOf(
    { node, version, since }: Ask,
    healthOf: HealthOf,
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

  /** Another node, a signer first, since it sees votes. */
  async function viewerFor(node: string | null, signal: AbortSignal): Promise<OpenNode | null> {
    const all = instances.filter((one) => one.node !== node);
    const signersFirst = [...all.filter(({ signs }) => signs), ...all.filter(({ signs }) => !signs)];
    for (const instance of signersFirst.slice(0, MOST_VIEWERS)) {
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
    facts: async (asked, signal) => {
      const healthOf = healthReader(targets, signal);
      const found: NodeFacts[] = [];
      for (let at = 0; at < asked.length; at += MOST_READ) {
        const some = asked.slice(at, at + MOST_READ);
        found.push(...(await Promise.all(some.map((ask) => factsOf(ask, healthOf, signal)))));
      }
      return found;
    },
    mark: (signal) => asViewer(signal, ({ rpc }) => markOf(rpc)),
    final: (signal) => asViewer(signal, ({ rpc }) => finalFacts(rpc)),
  };
}

/** Asks for the health of each object or unit once, although it may run several nodes. */
function healthReader(targets: PlacesFactsParts['targets'], signal: AbortSignal): HealthOf {
  const healths = new Map<string, Promise<Health>>();
  return ({ place, resourceId }) => {
    const asking =
      healths.get(resourceId) ??
      targets.get(place)?.health(resourceId, signal) ??
      Promise.resolve<Health>({ state: 'unknown', detail: place });
    healths.set(resourceId, asking);
    return asking;
  };
}
