import { readFileSync } from 'node:fs';
import { at } from '../../../graph/process.ts';
import type { KubernetesResource } from '../../../graph/resource.ts';
import { headText, readFixture, WIDE } from '../../../testing/networks.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** Every role in one cluster, one chain, with ports, spread and probes as an operator sets them. */
export const EVERY = `${headText({ name: 'every', places: 'clusters: {main: {namespace: own}}' })}
monitoringNamespace: watch
pools:
  validators:
    role: validator
    count: 2
    duty: {services: ["https://one.example:8443"], secret: "{node}-duty"}
  boot: {role: boot, keys: {node: {source: secret, secret: "{node}", peerId: ${PEER}}}, monitoring: {metrics: false}, placement: {spread: none}}
  rpc: {role: rpc, count: 2, exposure: {rpc: cluster}, autoscale: {by: connections, min: 2, max: 5, target: 40, prometheus: "http://prometheus.watch:9090"}}
  front:
    role: rpc
    exposure: {rpc: gateway, gateway: {name: public, namespace: gateways, hostnames: [rpc.example.org]}}
    ports: {p2p: 30444, rpc: 9955, metrics: 9655}
    placement: {spread: zone}
  inner: {role: rpc, exposure: {rpc: none}}
  archive: {role: archive, placement: {spread: host}}
  backup: {role: backup}
`;
const TWO_PLACES = readFileSync(
  new URL('../../../../../../../examples/fleet/two-places/network.yaml', import.meta.url),
  'utf8',
);

/** The networks that are looked at, by name. */
export const NETWORKS = { every: EVERY, wide: WIDE, 'two places': TWO_PLACES };

/** The Kubernetes objects of a network. */
export function objectsOf(text: string): readonly KubernetesResource[] {
  return readFixture(text).graph.resources.filter((one) => one.target === 'kubernetes');
}

/** The objects of one kind. */
export const ofKind = (objects: readonly KubernetesResource[], kind: string) =>
  objects.filter((one) => one.kind === kind);

/** A value of the `spec` of an object. */
export const spec = (resource: KubernetesResource, ...path: readonly string[]) =>
  at(resource.body, 'spec', ...path);

/**
 * Pools whose RPC is open, and to which namespaces; all others' is closed. Open to all: the ports of peers.
 */
export const OPEN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  every: { rpc: ['own'], front: ['own', 'gateways'] },
  wide: { rpc: ['nodes', 'gateways'], api: ['wide'] },
  'two places': { rpc: ['estuary', 'gateways'] },
};
