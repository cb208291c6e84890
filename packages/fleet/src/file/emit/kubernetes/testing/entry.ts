import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import {
  at,
  containersOf,
  flagValue,
  halves,
  podTemplate,
  processesOf,
  records,
  selects,
} from '../../../graph/process.ts';
import type { KubernetesResource } from '../../../graph/resource.ts';

/** The other end of a connection: a pod of a namespace, or an address outside. */
export type Other = { readonly namespace: string } | { readonly address: string };

/** The peers that may enter a port of a set's pods, according to the API's documentation of policies. */
export function mayEnter(
  policies: readonly KubernetesResource[],
  set: KubernetesResource,
  port: number,
  from: Other,
): boolean {
  return passes(policies, set, 'Ingress', port, from);
}

/** The same for the destinations of a pod. */
export function mayLeave(
  policies: readonly KubernetesResource[],
  set: KubernetesResource,
  port: number,
  to: Other,
): boolean {
  return passes(policies, set, 'Egress', port, to);
}

/** Policies add up. A pod that no policy selects for a direction is open to everyone. */
function passes(
  policies: readonly KubernetesResource[],
  set: KubernetesResource,
  direction: 'Ingress' | 'Egress',
  port: number,
  other: Other,
): boolean {
  const chosen = policies.filter(
    (policy) =>
      policy.place === set.place &&
      policy.body.metadata.namespace === set.body.metadata.namespace &&
      selectsPods(at(policy.body, 'spec', 'podSelector'), set) &&
      (at(policy.body, 'spec', 'policyTypes') as readonly Json[]).includes(direction),
  );
  if (chosen.length === 0) return true;
  const [list, peers] = direction === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to'];
  return chosen
    .flatMap((policy) => records(at(policy.body, 'spec', list ?? '')))
    .some((rule) => fitsPort(rule.ports, port) && fitsPeer(rule[peers ?? ''], other));
}

function selectsPods(selector: Json | undefined, set: KubernetesResource): boolean {
  onlyKeys(selector, ['matchLabels']);
  return selects(at(selector, 'matchLabels') ?? {}, set);
}

function fitsPort(ports: Json | undefined, port: number): boolean {
  if (ports === undefined || records(ports).length === 0) return true;
  return records(ports).some((one) => {
    onlyKeys(one, ['protocol', 'port', 'endPort']);
    if (one.protocol !== 'TCP') return false;
    return one.port === undefined || (Number(one.port) <= port && port <= Number(one.endPort ?? one.port));
  });
}

function fitsPeer(peers: Json | undefined, other: Other): boolean {
  if (peers === undefined || records(peers).length === 0) return true;
  return records(peers).some((peer) => {
    onlyKeys(peer, ['namespaceSelector', 'ipBlock']);
    if ('address' in other) return fitsBlock(peer.ipBlock, other.address);
    return isRecord(peer.namespaceSelector) && fitsNamespace(peer.namespaceSelector, other.namespace);
  });
}

function fitsNamespace(selector: JsonRecord, namespace: string): boolean {
  onlyKeys(selector, ['matchLabels']);
  const labels = Object.entries(isRecord(selector.matchLabels) ? selector.matchLabels : {});
  return labels.every(([name, value]) => name === 'kubernetes.io/metadata.name' && value === namespace);
}

/**
 * Supports only the address blocks that are made here: everything of one family without single addresses, or
 * one address.
 */
function fitsBlock(block: Json | undefined, address: string): boolean {
  if (!isRecord(block)) return false;
  onlyKeys(block, ['cidr', 'except']);
  const family = address.includes(':') ? '::/0' : '0.0.0.0/0';
  if (block.cidr === `${address}/32` || block.cidr === `${address}/128`) return true;
  const left = (block.except as readonly string[] | undefined) ?? [];
  return block.cidr === family && !left.some((one) => one === `${address}/32` || one === `${address}/128`);
}

/** Fails on keys that this reader does not know, so that it never ignores one. */
function onlyKeys(value: Json | undefined, known: readonly string[]): void {
  const odd = Object.keys(isRecord(value) ? value : {}).filter((key) => !known.includes(key));
  if (odd.length > 0) throw new Error(`a policy has ${odd.join()}, which this test cannot judge`);
}

/**
 * Ports on which the process of a pod listens, according to its arguments; null if it does not serve that
 * protocol.
 */
export interface Listens {
  readonly p2p: number | null;
  readonly rpc: number | null;
  readonly metrics: number | null;
  readonly relayP2p: number | null;
  readonly relayRpc: number | null;
  readonly relayMetrics: number | null;
}

export function listensOf(set: KubernetesResource): Listens {
  const node = processesOf(set).find(({ container }) => container === 'node');
  const [own = [], relay = []] = halves(node?.words ?? []);
  const port = (words: readonly string[], flag: string) => {
    const value = flagValue(words, flag);
    return value === undefined ? null : Number(value);
  };
  return {
    p2p: port(own, '--port'),
    rpc: port(own, '--rpc-port'),
    metrics: port(own, '--prometheus-port'),
    relayP2p: port(relay, '--port'),
    relayRpc: port(relay, '--rpc-port'),
    relayMetrics: port(relay, '--prometheus-port'),
  };
}

/** The pod of a set, and its one container that stays. */
export function podOf(set: KubernetesResource): { readonly pod: JsonRecord; readonly node: JsonRecord } {
  const template = podTemplate(set);
  const pod = at(template ?? undefined, 'spec');
  const [node, ...more] = template === null ? [] : containersOf(template);
  if (!isRecord(pod) || node === undefined || more.length > 0)
    throw new Error(`${set.id} is not a node's set`);
  return { pod, node };
}
