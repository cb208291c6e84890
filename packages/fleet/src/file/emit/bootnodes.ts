import { isLoopback } from '@watchbill/kit';
import { type FleetNode, forNode, type Network, type Runs } from '../normalise/network.ts';
import {
  type BootNodesOf,
  bootNodesOfChain,
  chainsByRuns,
  hostAndPort,
  nodesOfChain,
} from './known-chain.ts';
import { portsOf } from './node-ports.ts';

/** Addresses of the boot nodes of one of the chains, as a node reaches them; without its own. Sorted. */
export function bootnodesFor(
  { name, place }: FleetNode,
  boots: readonly Boot[],
  runs: Runs,
): readonly string[] {
  return boots
    .filter((boot) => boot.node.name !== name && boot.node.runs === runs)
    .flatMap((boot) => {
      const address = boot.node.place === place ? boot.near : boot.far;
      return address === null ? [] : [`${address}/p2p/${boot.peerId}`];
    });
}

/** A boot node, with its addresses: for its own place, and for other places (null: unreachable). */
export interface Boot {
  readonly node: FleetNode;
  readonly peerId: string;
  readonly near: string | null;
  readonly far: string | null;
}

/**
 * Number of nodes per place that serve as boot nodes in a pool without any. With more of them, adding one
 * would restart all nodes.
 */
const MOST_AT_A_PLACE = 2;

/**
 * The names of the boot nodes of a network. If a chain brings none and the file has none for it,
 * those of its nodes whose peer id is in the file.
 */
export function bootsOf(network: Network, files: ReadonlyMap<string, string>): readonly Boot[] {
  return chainsByRuns(network)
    .flatMap(([runs]) => bootsOfChain(network, files, runs))
    .sort((one, other) => (one.node.name < other.node.name ? -1 : 1));
}

function bootsOfChain(network: Network, files: ReadonlyMap<string, string>, runs: Runs): readonly Boot[] {
  const nodes = nodesOfChain(network, runs);
  const brought = broughtAlong(network, files, runs);
  const boots = nodes.filter(({ role }) => role === 'boot');
  const others = boots.length === 0 && brought === 'none' ? firstKnown(nodes) : [];
  const derived = brought === 'none' || brought === 'unread';
  return [...boots, ...others].flatMap((node) => {
    const { peerId } = node.settings.keys.node;
    return peerId === null ? [] : [{ node, peerId, ...addressesOf(node, network, derived) }];
  });
}

/** The boot nodes that come with a chain of the file. */
export function broughtAlong(network: Network, files: ReadonlyMap<string, string>, runs: Runs): BootNodesOf {
  const nodes = nodesOfChain(network, runs);
  const addresses = nodes.flatMap((node) => {
    const { near, far } = addressesOf(node, network, true);
    return [near, far].flatMap((address) => (address === null ? [] : (hostAndPort(address) ?? [])));
  });
  const peerIds = nodes.flatMap(({ settings }) => settings.keys.node.peerId ?? []);
  const [, chain] = chainsByRuns(network).find(([one]) => one === runs) ?? [];
  if (chain === undefined) return 'elsewhere';
  return bootNodesOfChain(chain, files, { addresses: new Set(addresses), peerIds: new Set(peerIds) });
}

/** The first of each place, by number, so that a higher count does not change the choice. */
function firstKnown(nodes: readonly FleetNode[]): readonly FleetNode[] {
  const known = nodes
    .filter(({ settings }) => settings.keys.node.peerId !== null)
    .sort((one, other) => one.index - other.index || (one.name < other.name ? -1 : 1));
  const places = [...new Set(known.map(({ place }) => place))];
  return places.flatMap((name) => known.filter(({ place }) => place === name).slice(0, MOST_AT_A_PLACE));
}

/** `derived`: a machine is also reached by the address that the file has for it. */
function addressesOf(node: FleetNode, network: Network, derived: boolean): Pick<Boot, 'near' | 'far'> {
  const place = network.places.get(node.place);
  const told = publicAddress(node);
  if (place?.target === 'kubernetes') return { near: clusterAddress(node, place.namespace), far: told };
  if (told !== null || !derived || place === undefined) return { near: told, far: told };
  const { p2p } = portsOf(node, 'machine');
  const host = hostPart(place.host);
  return { near: `/ip4/127.0.0.1/tcp/${p2p}`, far: host === null ? null : `${host}/tcp/${p2p}` };
}

/** The name that the Service of its pool gives the pod, whatever address it has. */
function clusterAddress(node: FleetNode, namespace: string): string {
  const service = `${node.pool}-${node.place}`;
  const pod = node.settings.layout === 'one-set' ? `${service}-${node.index}` : `${node.name}-0`;
  return `/dns/${pod}.${service}.${namespace}.svc.cluster.local/tcp/${portsOf(node, 'kubernetes').p2p}`;
}

/** A name without a dot is often an alias of ssh_config only; null then, and for this machine itself. */
function hostPart(host: string): string | null {
  if (isLoopback(host)) return null;
  if (host.includes(':')) return `/ip6/${host}`;
  if (/^\d+(\.\d+){3}$/.test(host)) return `/ip4/${host}`;
  return host.includes('.') ? `/dns/${host}` : null;
}

/** The address under which a node announces itself to other places. */
export function publicAddress({ name, settings }: FleetNode): string | null {
  const { address } = settings.exposure;
  return address === null ? null : forNode(address, name);
}
