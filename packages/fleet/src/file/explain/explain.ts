import type { FleetNode, FleetPool, Network } from '../normalise/network.ts';
import { type Origin, originText } from '../normalise/origin.ts';
import type { FleetService } from '../normalise/service.ts';

/** One setting of a node or pool, its value, and its origin. */
export interface ExplainedSetting {
  /** `storage.chainGiB` */
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** `default of role validator`, `preset solo-chain`, `pool, FILE:12:5`. */
  readonly from: string;
}

export interface Explanation {
  readonly name: string;
  readonly kind: 'pool' | 'node' | 'service';
  /** Null for the service. */
  readonly role: FleetPool['role'] | null;
  /** Its places: one place for a node, `PLACE (COUNT)` for a pool. */
  readonly places: readonly string[];
  readonly settings: readonly ExplainedSetting[];
}

/** Names that can be explained: each pool, then its nodes; and the service. */
export function explainable({ pools, service }: Network): readonly string[] {
  const nodes = pools.flatMap((pool) => [pool.name, ...pool.nodes.map((node) => node.name)]);
  return service === null ? nodes : [...nodes, service.name];
}

/**
 * Every setting of a pool, a node or the service with its origin; null if that name is unknown. The texts
 * contain `file`.
 */
export function explain(network: Network, name: string, file: string): Explanation | null {
  const { service } = network;
  if (service?.name === name) {
    const places = [...new Set(service.members.map(({ place }) => place))];
    return { name, kind: 'service', role: null, places, settings: settingsOf(service, file) };
  }
  for (const pool of network.pools) {
    if (pool.name === name) {
      const places = [...pool.places].map(([place, count]) => `${place} (${count})`);
      const role: ExplainedSetting = {
        path: 'role',
        value: pool.role,
        origin: pool.roleOrigin,
        from: originText(pool.roleOrigin, file),
      };
      return { name, kind: 'pool', role: pool.role, places, settings: [role, ...settingsOf(pool, file)] };
    }
    const node = pool.nodes.find((one) => one.name === name);
    if (node !== undefined)
      return { name, kind: 'node', role: node.role, places: [node.place], settings: settingsOf(node, file) };
  }
  return null;
}

function settingsOf(
  { settings, origins }: Pick<FleetPool | FleetNode | FleetService, 'settings' | 'origins'>,
  file: string,
): readonly ExplainedSetting[] {
  const sections = Object.keys(settings);
  const place = (path: string) => sections.indexOf(path.split('.')[0] ?? '');
  return [...origins]
    .map(([path, origin]) => ({
      path,
      value: valueAt(settings, path),
      origin,
      from: originText(origin, file),
    }))
    .filter(({ value }) => value !== undefined)
    .sort((one, other) => place(one.path) - place(other.path) || (one.path < other.path ? -1 : 1));
}

/** The value at a dotted path; keys of a section may contain dots themselves, such as `example.org/team`. */
function valueAt(tree: unknown, path: string): unknown {
  if (typeof tree !== 'object' || tree === null) return undefined;
  const section = tree as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(section, path)) return section[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    if (Object.hasOwn(section, key)) return valueAt(section[key], path.slice(dot + 1));
  }
  return undefined;
}
