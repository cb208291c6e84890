import { BlockList, isIPv6 } from 'node:net';
import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import {
  at,
  flagValue,
  halves,
  isSigner,
  podTemplate,
  processesOf,
  records,
  selects,
} from '../../graph/process.ts';
import type { KubernetesResource, Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

const DIRECTIONS = [
  { type: 'Ingress', rules: 'ingress' },
  { type: 'Egress', rules: 'egress' },
] as const;

/** Repeated here on purpose: a change of the code that an invariant checks must not change the invariant. */
const METADATA = ['169.254.169.254', 'fd00:ec2::254'];

/**
 * Pods are closed by default in both directions: only the p2p ports are open to everyone, the RPC of a signer
 * is closed, and the credentials of a cloud are unreachable. Policies add up, so one wide policy breaks the
 * rule.
 */
export function openNetwork(resources: readonly Resource[]): readonly Breach[] {
  const objects = resources.filter((resource) => resource.target === 'kubernetes');
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  return objects
    .filter((one) => podTemplate(one) !== null)
    .flatMap((workload) => {
      const own = policies.filter((policy) => concerns(policy, workload));
      return [...unclosed(own, workload), ...own.flatMap((policy) => tooWide(policy, workload))];
    })
    .map(({ resourceId, what }) => ({ invariant: 'open-network', resourceId, what }));
}

type Found = Omit<Breach, 'invariant'>;

function concerns(policy: KubernetesResource, workload: KubernetesResource): boolean {
  if (policy.place !== workload.place) return false;
  if (policy.body.metadata.namespace !== workload.body.metadata.namespace) return false;
  return selects(at(policy.body, 'spec', 'podSelector', 'matchLabels') ?? {}, workload);
}

/**
 * A pod that no policy selects for a direction is open in it. One that selects by more than labels may not
 * select it.
 */
function unclosed(policies: readonly KubernetesResource[], { id }: KubernetesResource): readonly Found[] {
  const certain = policies.filter(
    (policy) => at(policy.body, 'spec', 'podSelector', 'matchExpressions') === undefined,
  );
  return DIRECTIONS.filter(({ type }) => !certain.some((policy) => typesOf(policy).includes(type))).map(
    ({ type }) => ({ resourceId: id, what: `no network policy of type ${type} closes its pods` }),
  );
}

/** A policy without types covers incoming traffic, and outgoing traffic if it has rules for that. */
function typesOf({ body }: KubernetesResource): readonly Json[] {
  const types = at(body, 'spec', 'policyTypes');
  if (isList(types)) return types;
  return at(body, 'spec', 'egress') === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
}

function tooWide(policy: KubernetesResource, workload: KubernetesResource): readonly Found[] {
  const found = (what: string): Found => ({ resourceId: policy.id, what });
  const peerPorts = new Set(portsTold(workload, '--port'));
  const rpcPorts = new Set(portsTold(workload, '--rpc-port'));
  const entries = records(at(policy.body, 'spec', 'ingress')).flatMap((rule): readonly Found[] => {
    const ports = isList(rule.ports) && rule.ports.length > 0 ? records(rule.ports) : null;
    const mayEnter = (allowed: (port: string) => boolean) =>
      ports?.every(({ port, endPort }) => endPort === undefined && allowed(String(port))) ?? false;
    if (isWide(rule.from) && !mayEnter((port) => peerPorts.has(port)))
      return [found(`more than the p2p port is open to everyone, of ${workload.name}`)];
    if (isSigner(workload) && !mayEnter((port) => /^\d+$/.test(port) && !rpcPorts.has(port)))
      return [found(`it opens the RPC of ${workload.name}, which signs`)];
    return [];
  });
  const exits = records(at(policy.body, 'spec', 'egress')).flatMap(({ to }) =>
    METADATA.filter((address) => reaches(to, address)).map((address) =>
      found(`${workload.name} may reach ${address}, where a cloud hands out credentials`),
    ),
  );
  return [...entries, ...exits];
}

function portsTold(workload: KubernetesResource, flag: string): readonly string[] {
  return processesOf(workload).flatMap(({ words }) =>
    halves(words).flatMap((half) => flagValue(half, flag) ?? []),
  );
}

/** Whether more than named namespaces and pods is meant; blocks of addresses are. */
function isWide(peers: Json | undefined): boolean {
  if (!isList(peers) || peers.length === 0) return true;
  return records(peers).some(({ namespaceSelector, podSelector }) =>
    namespaceSelector === undefined ? podSelector === undefined : !isNamed(namespaceSelector),
  );
}

function isNamed(selector: Json): boolean {
  const labels = at(selector, 'matchLabels');
  return isRecord(labels) && Object.keys(labels).length > 0;
}

function reaches(peers: Json | undefined, address: string): boolean {
  if (!isList(peers) || peers.length === 0) return true;
  return records(peers).some(({ ipBlock }) => isRecord(ipBlock) && covers(ipBlock, address));
}

function covers({ cidr, except }: JsonRecord, address: string): boolean {
  const left = isList(except) ? except : [];
  return contains(cidr, address) && !left.some((one) => contains(one, address));
}

function contains(block: Json | undefined, address: string): boolean {
  const [start = '', bits] = String(block).split('/');
  if (isIPv6(start) !== isIPv6(address)) return false;
  const family = isIPv6(start) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(start, Number(bits), family);
  return list.check(address, family);
}
