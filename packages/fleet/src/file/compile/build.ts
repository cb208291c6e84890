import { digestOfAll, type Json } from '@watchbill/kit';
import { bootsOf, broughtAlong } from '../emit/bootnodes.ts';
import { chainsByRuns, nodesOfChain } from '../emit/known-chain.ts';
import { clusterExpects, clusterResources, type EmitInput } from '../emit/kubernetes/cluster.ts';
import { kubernetesId } from '../emit/kubernetes/names.ts';
import { machineExpects } from '../emit/machine/credentials.ts';
import { unitName } from '../emit/machine/layout.ts';
import { machineResources } from '../emit/machine/machine.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { ChainNodes, Expected, Graph, Place, Resource } from '../graph/resource.ts';
import { type FleetNode, type Network, signs } from '../normalise/network.ts';
import { serviceInCluster, serviceSecrets } from '../service/cluster.ts';
import { serviceCredentials, serviceOnMachine } from '../service/machine.ts';
import { serviceWorkloads } from '../service/names.ts';

/** All that a network needs, as resources of its places. Pure: the same network gives the same bytes. */
export function buildGraph(network: Network, files: ReadonlyMap<string, string>): Graph {
  const input: EmitInput = {
    network,
    files,
    boots: bootsOf(network, files),
    previousSigner: previousSigners(network),
  };
  const resources = [...network.places.values()].flatMap((place): readonly Resource[] =>
    place.target === 'kubernetes'
      ? [...clusterResources(input, place), ...serviceInCluster(network, place)]
      : [...machineResources(input, place), ...serviceOnMachine(network, place)],
  );
  const expects = [...network.places.values()].flatMap((place): readonly Expected[] =>
    place.target === 'kubernetes'
      ? [...clusterExpects(input, place), ...serviceSecrets(network, place)]
      : [...machineExpects(network, place), ...serviceCredentials(network, place)],
  );
  const chains = chainNodes(network, files);
  return finishGraph({
    format: 'watchbill/graph/1',
    network: network.name,
    places: [...network.places.values()].map((place): Place => ({ ...place })),
    resources: inOrder(afterService(network, resources)),
    expects,
    ...(chains.length === 0 ? {} : { chains }),
  });
}

/** A node that asks the service of the file starts after it, so that its first signature is not denied. */
function afterService(network: Network, resources: readonly Resource[]): readonly Resource[] {
  const services = serviceWorkloads(network);
  const gated = network.pools
    .flatMap(({ nodes }) => nodes)
    .filter(({ settings }) => settings.duty?.service !== undefined)
    .map((node) => workloadId(network, node));
  return resources.map((resource) =>
    gated.includes(resource.id) ? { ...resource, needs: [...resource.needs, ...services] } : resource,
  );
}

/** The arguments of each node of a chain, and whether other nodes are known to run it. */
function chainNodes(network: Network, files: ReadonlyMap<string, string>): readonly ChainNodes[] {
  return chainsByRuns(network).flatMap(([runs]) => {
    const nodes = nodesOfChain(network, runs);
    if (!nodes.some(({ role }) => signs(role))) return [];
    const brought = broughtAlong(network, files, runs);
    const ids = [...new Set(nodes.map((node) => workloadId(network, node)))].sort();
    return [{ ownOnly: brought === 'none' || brought === 'here', nodes: ids }];
  });
}

/** Adds the digest of everything else. */
export function finishGraph(parts: Omit<Graph, 'digest'>): Graph {
  const { resources, ...others } = parts;
  return { ...parts, digest: digestOfAll([others, ...resources] as unknown as readonly Json[]) };
}

function inOrder(resources: readonly Resource[]): readonly Resource[] {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const { order, cycle } = topologicalOrder(
    resources.map(({ id, needs, afterHealthy }) => ({ id, after: [...needs, ...afterHealthy] })),
  );
  if (cycle.length > 0 || byId.size !== resources.length)
    throw new Error(`resources of the network need each other or have one name: ${cycle.join(', ')}`);
  return order.flatMap((id) => byId.get(id) ?? []);
}

/** The signers of a pool change one after the other, in the order of their names, over all its places. */
function previousSigners(network: Network): ReadonlyMap<string, string> {
  const previous = new Map<string, string>();
  for (const { role, nodes } of network.pools) {
    if (!signs(role)) continue;
    nodes.forEach((node, at) => {
      const before = nodes[at - 1];
      if (before !== undefined) previous.set(node.name, workloadId(network, before));
    });
  }
  return previous;
}

function workloadId(network: Network, node: FleetNode): string {
  const place = network.places.get(node.place);
  if (place?.target === 'machine') return `${place.name}/unit/${unitName(network.name, node.name)}`;
  if (place === undefined) return '';
  const isShared = node.settings.layout === 'one-set';
  return kubernetesId(place, 'StatefulSet', isShared ? `${node.pool}-${node.place}` : node.name);
}
