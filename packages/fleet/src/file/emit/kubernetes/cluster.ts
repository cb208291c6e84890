import type { Expected, KubernetesResource } from '../../graph/resource.ts';
import {
  type ClusterPlace,
  chainsOf,
  type FleetNode,
  type FleetPool,
  forNode,
  type Network,
  signs,
} from '../../normalise/network.ts';
import type { Boot } from '../bootnodes.ts';
import { signerPolicy, signerPolicyNeeds } from './admission.ts';
import { availabilityOfPool } from './availability.ts';
import { kubernetesId, setName } from './names.ts';
import { networkWide, specMapName, specSource, specTexts } from './network-wide.ts';
import { reachOfPool } from './reach.ts';
import type { ClusterScene } from './resource.ts';
import { type PodParts, setOfNode, setOfPool } from './set.ts';

export interface EmitInput {
  readonly network: Network;
  readonly files: ReadonlyMap<string, string>;
  readonly boots: readonly Boot[];
  /** For each signer, the resource of the one before it in its pool. */
  readonly previousSigner: ReadonlyMap<string, string>;
}

/** Everything that a network has in one cluster. */
export function clusterResources(input: EmitInput, place: ClusterPlace): readonly KubernetesResource[] {
  const { network, files } = input;
  const pools = network.pools.filter((pool) => (pool.places.get(place.name) ?? 0) > 0);
  const service = network.service?.members.some((member) => member.place === place.name) ?? false;
  if (pools.length === 0 && !service) return [];
  const scene: ClusterScene = { network, place };
  return [
    ...networkWide(scene, files),
    ...signerPolicy(scene),
    ...pools.flatMap((pool) => poolResources(input, scene, pool)),
  ];
}

function poolResources(
  input: EmitInput,
  scene: ClusterScene,
  pool: FleetPool,
): readonly KubernetesResource[] {
  const { place } = scene;
  const nodes = pool.nodes.filter((node) => node.place === place.name);
  const parts = podParts(input, pool);
  const needs = [
    kubernetesId(place, 'ServiceAccount', 'watchbill-node'),
    kubernetesId(place, 'NetworkPolicy', `${scene.network.name}-deny`),
    kubernetesId(place, 'NetworkPolicy', setName(pool, place.name)),
    kubernetesId(place, 'Service', setName(pool, place.name)),
    ...specNeeds(input, place),
    ...(signs(pool.role) ? signerPolicyNeeds(scene) : []),
  ];
  const first = nodes[0];
  const sets =
    pool.settings.layout === 'one-set'
      ? first === undefined
        ? []
        : [setOfPool(scene, pool, first, parts, needs)]
      : nodes.map((node) =>
          setOfNode(scene, pool, node, parts, { needs, afterHealthy: afterOf(input, node) }),
        );
  return [...reachOfPool(scene, pool, nodes), ...availabilityOfPool(scene, pool), ...sets];
}

function afterOf({ previousSigner }: EmitInput, { name, role }: FleetNode): readonly string[] {
  const previous = previousSigner.get(name);
  return previous === undefined || !signs(role) ? [] : [previous];
}

function podParts({ network, files, boots }: EmitInput, pool: FleetPool): PodParts {
  const { own, beside } = chainsOf(network, pool);
  return {
    boots,
    spec: specSource(own, files),
    relaySpec: beside === null ? null : specSource(beside, files),
    toolsImage: network.file.toolsImage ?? null,
  };
}

function specNeeds({ network, files }: EmitInput, place: ClusterPlace): readonly string[] {
  return specTexts(network, files).map((text) => kubernetesId(place, 'ConfigMap', specMapName(text)));
}

/** Secrets that pods of a cluster mount. They are made by people or by a secret store, never by us. */
export function clusterExpects({ network }: EmitInput, place: ClusterPlace): readonly Expected[] {
  return network.pools.flatMap(({ nodes }) =>
    nodes.filter((node) => node.place === place.name).flatMap((node) => expectedOf(node, place)),
  );
}

function expectedOf(node: FleetNode, place: ClusterPlace): readonly Expected[] {
  const { duty, keys } = node.settings;
  const { session, node: nodeKey } = keys;
  const neededBy = [kubernetesId(place, 'StatefulSet', node.name)];
  const one = (name: string, entries: readonly string[], why: string): Expected => ({
    place: place.name,
    kind: 'Secret',
    name: forNode(name, node.name),
    entries,
    why,
    neededBy,
  });
  return [
    ...(session.source === 'secret'
      ? [
          one(
            session.secret ?? '',
            Object.keys(session.types).sort(),
            `seeds of the session keys of ${node.name}`,
          ),
        ]
      : []),
    ...(nodeKey.source === 'secret'
      ? [
          one(
            nodeKey.secret ?? '',
            ['key'],
            `node key of ${node.name}, peer id ${nodeKey.peerId ?? 'not declared'}`,
          ),
        ]
      : []),
    ...(duty === null
      ? []
      : [
          one(
            duty.secret,
            ['token', ...(duty.ca ? ['ca'] : [])].sort(),
            `token of ${node.name} for the permission services`,
          ),
        ]),
  ];
}
