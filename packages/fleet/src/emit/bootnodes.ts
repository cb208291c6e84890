import { type FleetNode, forNode, type Network } from '../normalise/network.ts';
import { portsOf } from './ports.ts';

/** Addresses of the boot nodes of one of the chains, as a node reaches them; without its own. Sorted. */
export function bootnodesFor(
  { name, place }: FleetNode,
  boots: readonly Boot[],
  runs: FleetNode['runs'],
): readonly string[] {
  return boots
    .filter((boot) => boot.node.name !== name && boot.node.runs === runs)
    .flatMap((boot) => {
      const address = boot.node.place === place ? boot.near : boot.far;
      return address === null ? [] : [`${address}/p2p/${boot.peerId}`];
    });
}

/** A boot node with the addresses by which others reach it: in its own place, and from elsewhere (null: not at all). */
export interface Boot {
  readonly node: FleetNode;
  readonly peerId: string;
  readonly near: string | null;
  readonly far: string | null;
}

/** The boot nodes of a network, by name. */
export function bootsOf(network: Network): readonly Boot[] {
  return network.pools
    .flatMap(({ nodes }) => nodes)
    .filter(({ role }) => role === 'boot')
    .flatMap((node) => {
      const { peerId } = node.settings.keys.node;
      return peerId === null
        ? []
        : [{ node, peerId, near: nearAddress(node, network), far: publicAddress(node) }];
    })
    .sort((one, other) => (one.node.name < other.node.name ? -1 : 1));
}

function nearAddress(node: FleetNode, network: Network): string | null {
  const place = network.places.get(node.place);
  if (place?.target !== 'kubernetes') return publicAddress(node);
  const service = `${node.pool}-${node.place}`;
  return `/dns/${node.name}-0.${service}.${place.namespace}.svc.cluster.local/tcp/${portsOf(node, 'kubernetes').p2p}`;
}

/** Under which a node says that it can be reached from elsewhere. */
export function publicAddress({ name, settings }: FleetNode): string | null {
  const { address } = settings.exposure;
  return address === null ? null : forNode(address, name);
}
