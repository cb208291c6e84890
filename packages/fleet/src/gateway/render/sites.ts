import { portsOf, setName } from '../../file/emit/index.ts';
import type {
  ClusterPlace,
  FleetNode,
  FleetPool,
  MachinePlace,
  Network,
} from '../../file/normalise/index.ts';

/**
 * A gateway before the nodes of one pool in one place. Nodes of another pool may keep other states, or follow
 * another chain.
 */
export interface GatewaySite {
  readonly network: Network;
  readonly pool: FleetPool;
  readonly place: ClusterPlace | MachinePlace;
  /** Of its objects in a cluster, of its unit and folder on a machine. */
  readonly name: string;
  readonly backends: readonly { readonly name: string; readonly url: string }[];
  /** Ports for callers, and for operators. */
  readonly ports: { readonly listen: number; readonly admin: number };
}

export interface GatewaySites {
  readonly sites: readonly GatewaySite[];
  /** Pools without a gateway here, and why. */
  readonly leftOut: readonly { readonly pool: string; readonly place: string; readonly why: string }[];
}

const FIRST_PORT = 9950;
/** A gateway takes no more. */
const MOST_BACKENDS = 256;

/** The nodes of a network file that a gateway can ask: pools of the roles rpc and archive, place by place. */
export function gatewaySites(network: Network, clusterDomain: string): GatewaySites {
  const sites: GatewaySite[] = [];
  const leftOut: { readonly pool: string; readonly place: string; readonly why: string }[] = [];
  for (const place of network.places.values()) {
    const taken = portsOn(network, place);
    for (const pool of network.pools) {
      const nodes = pool.nodes.filter((node) => node.place === place.name);
      if ((pool.role !== 'rpc' && pool.role !== 'archive') || nodes.length === 0) continue;
      const backends =
        place.target === 'machine' ? nodes.map(onLoopback) : podsOf(pool, place, nodes, clusterDomain);
      const why = place.target === 'machine' ? null : whyNot(pool);
      if (why !== null || backends.length > MOST_BACKENDS)
        leftOut.push({
          pool: pool.name,
          place: place.name,
          why: why ?? `it may have ${backends.length} nodes, and a gateway serves ${MOST_BACKENDS} at most`,
        });
      else
        sites.push({
          network,
          pool,
          place,
          name:
            place.target === 'machine'
              ? `${network.name}-${pool.name}`
              : `${setName(pool, place.name)}-gateway`,
          backends,
          ports: freePorts(taken),
        });
    }
  }
  return { sites, leftOut };
}

/** Why a gateway in the cluster would be useless, with a remedy; null if it is useful. */
function whyNot({ settings, nodes }: FleetPool): string | null {
  const { rpc } = settings.exposure;
  if (rpc === 'gateway')
    return 'exposure.rpc: gateway publishes its nodes to everyone, beside any gateway of ours: write `exposure: {rpc: cluster}` and apply it; --route and --hostname then lead callers to the gateway';
  if (rpc === 'none')
    return 'exposure.rpc is none, so its nodes listen on loopback alone: write `exposure: {rpc: cluster}` and apply it';
  const isNarrow = [settings, ...nodes.map((node) => node.settings)].some(
    ({ flags }) => ![undefined, 'all'].includes(flags['rpc-cors'] as string | undefined),
  );
  return isNarrow
    ? 'with flags.rpc-cors its nodes refuse requests by host name, which the gateway sends: remove it, and name pages in `origins` of the gateway'
    : null;
}

/** Nodes of a machine serve their RPC on loopback, independent of the file. */
function onLoopback(node: FleetNode) {
  return { name: node.name, url: `ws://127.0.0.1:${portsOf(node, 'machine').rpc}` };
}

/**
 * Each pod by its own name in DNS, so that each is judged by itself. For a scaled set, all pods that may ever
 * exist: the name of a missing pod does not resolve, and the gateway uses the pod from the moment when it
 * does.
 */
function podsOf(
  pool: FleetPool,
  { name: place, namespace }: ClusterPlace,
  nodes: readonly FleetNode[],
  domain: string,
) {
  const service = setName(pool, place);
  const backend = (pod: string, node: Pick<FleetNode, 'settings' | 'index'>) => ({
    name: pod,
    url: `ws://${pod}.${service}.${namespace}.svc.${domain}:${portsOf(node, 'kubernetes').rpc}`,
  });
  if (pool.settings.layout === 'set-each') return nodes.map((node) => backend(`${node.name}-0`, node));
  const count = pool.settings.autoscale?.max ?? nodes.length;
  const [first] = nodes;
  if (first === undefined) return [];
  return Array.from({ length: count }, (_, at) => backend(`${service}-${at}`, first));
}

/** Ports of all nodes of a machine; in a cluster each pod has a separate address. */
function portsOn({ pools }: Network, { name, target }: ClusterPlace | MachinePlace): Set<number> | null {
  if (target !== 'machine') return null;
  const nodes = pools.flatMap((pool) => pool.nodes.filter(({ place }) => place === name));
  return new Set(nodes.flatMap((node) => Object.values(portsOf(node, 'machine'))));
}

/** Takes two adjacent free ports. */
function freePorts(taken: Set<number> | null): GatewaySite['ports'] {
  let port = FIRST_PORT;
  while (taken?.has(port) === true || taken?.has(port + 1) === true) port += 2;
  taken?.add(port).add(port + 1);
  return { listen: port, admin: port + 1 };
}
