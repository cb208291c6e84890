import { createHash } from 'node:crypto';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IServiceAccount } from 'kubernetes-models/v1';
import { type KubernetesResource, MARKS } from '../../graph/resource.ts';
import { chainEntries, type NamedChain, type Network } from '../../normalise/network.ts';
import { NETWORK_SUBJECT } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

/** The account of all nodes; it has no rights. */
export const NODE_ACCOUNT = 'watchbill-node';

/** Key of the specification in its ConfigMap. */
export const SPEC_KEY = 'chain.json';

/**
 * The objects that each cluster needs once: a namespace of restricted pods, an account without rights, and a
 * policy that denies all traffic.
 */
export function networkWide(
  scene: ClusterScene,
  files: ReadonlyMap<string, string>,
): readonly KubernetesResource[] {
  const { place, network } = scene;
  return [
    kubernetesResource(scene, {
      apiVersion: 'v1',
      kind: 'Namespace',
      name: place.namespace,
      subject: NETWORK_SUBJECT,
      // It contains the volumes with keys: it is created if missing, and never removed.
      lifecycle: 'create-once',
      inNamespace: false,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
      content: {},
    }),
    kubernetesResource(scene, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      name: NODE_ACCOUNT,
      subject: NETWORK_SUBJECT,
      content: { automountServiceAccountToken: false } satisfies Content<IServiceAccount>,
    }),
    kubernetesResource(scene, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      name: `${network.name}-deny`,
      subject: NETWORK_SUBJECT,
      content: {
        spec: {
          podSelector: { matchLabels: { [MARKS.network]: network.name } },
          policyTypes: ['Ingress', 'Egress'],
        },
      } satisfies Content<INetworkPolicy>,
    }),
    ...specMaps(scene, files),
  ];
}

type Content<Model> = Omit<Model, 'apiVersion' | 'kind' | 'metadata'>;

function specMaps(scene: ClusterScene, files: ReadonlyMap<string, string>): readonly KubernetesResource[] {
  return specTexts(scene.network, files).map((text) =>
    kubernetesResource(scene, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: specMapName(text),
      subject: NETWORK_SUBJECT,
      content: { immutable: true, data: { [SPEC_KEY]: text } },
    }),
  );
}

/** Texts of the specifications that are files, each once. */
export function specTexts({ chain }: Network, files: ReadonlyMap<string, string>): readonly string[] {
  const named = chainEntries(chain).flatMap((entry) => entry.chain.spec?.file ?? []);
  return [...new Set(named.flatMap((file) => files.get(file) ?? []))];
}

/**
 * A specification, named by its content. A different one is a different object, and nodes are restarted for
 * it.
 */
export function specMapName(text: string): string {
  return `chain-spec-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** The source of a chain's specification for a pod. */
export type SpecSource =
  | { readonly from: 'name'; readonly name: string }
  | { readonly from: 'map'; readonly map: string }
  | { readonly from: 'url'; readonly url: string; readonly sha256: string };

export function specSource({ name, spec }: NamedChain, files: ReadonlyMap<string, string>): SpecSource {
  if (spec?.url !== undefined) return { from: 'url', url: spec.url, sha256: spec.sha256 };
  const text = spec?.file === undefined ? undefined : files.get(spec.file);
  return text === undefined ? { from: 'name', name: name ?? '' } : { from: 'map', map: specMapName(text) };
}
