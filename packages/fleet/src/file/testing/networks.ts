import { type NetworkRead, readNetwork } from '../compile/read.ts';
import type { Graph } from '../graph/resource.ts';

export const IMAGE = `docker.io/parity/polkadot@sha256:${'ab'.repeat(32)}`;
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** Programs of nodes as a network file names them: for clusters, and for machines. */
export const IN_PODS = `image: "${IMAGE}"`;
export const ON_DISKS = `binary: {source: /node, sha256: ${'ab'.repeat(32)}}`;

/** The lines of a network file above its pools. */
export function headText({
  name = 'harbour',
  chain = '{name: westend}',
  places = 'clusters: {main: {}}',
  software = IN_PODS,
} = {}): string {
  return `format: watchbill/network/1
name: ${name}
chain: ${chain}
${places}
defaults:
  software: {${software}, sdk: stable2509}
`;
}

/** Programs for pods and for machines, as a file in the form of an object names them. */
export const PROGRAMS = {
  ...{ image: IMAGE, binary: { source: '/node', sha256: 'ab'.repeat(32) }, sdk: 'stable2509' },
};

/** A network file of these parts; what they leave out is that of {@link headText}. */
export function fileText(parts: object): string {
  const places = { clusters: { main: {} }, defaults: { software: { image: IMAGE, sdk: 'stable2509' } } };
  const head = { format: 'watchbill/network/1', name: 'harbour', chain: { name: 'westend' } };
  return JSON.stringify({ ...head, ...places, ...parts });
}

/** One cluster, three validators, two RPC nodes. */
export const SOLO = `${headText()}pools:
  validators: {role: validator, count: 3}
  rpc: {role: rpc, count: 2, flags: {rpc-max-connections: 500}}
`;

/**
 * Every kind of object and of machine item: two clusters, a machine, a parachain, every role, every exposure.
 */
export const WIDE = `format: watchbill/network/1
name: wide
chain:
  spec: {file: chain.json, sha256: 23f14ef694464bc127823a14fda134f4331790dabd3f3f3e508a315f880eee76}
  relay: {name: paseo}
toolsImage: docker.io/library/busybox@sha256:${'cd'.repeat(32)}
clusters: {east: {namespace: nodes}, west: {}}
machines: {iron: {host: 192.0.2.7}}
defaults:
  software:
    image: "${IMAGE}"
    binary: {source: "https://example.org/node", sha256: ${'ef'.repeat(32)}}
    companions: {node-worker: {source: "https://example.org/worker", sha256: ${'fa'.repeat(32)}}}
    command: node
    sdk: stable2509
  monitoring: {podMonitor: true}
pools:
  collators:
    role: collator
    places: {east: 2, iron: 1, west: 1}
    instances:
      east-1:
        keys: {session: {source: secret, secret: "{node}-keys", types: {aura: sr25519}}}
        resources: {cpu: 0.5, memoryGiB: 1.5}
  boot:
    role: boot
    place: west
    keys: {node: {source: secret, secret: "{node}", peerId: ${PEER}}}
    exposure: {p2p: load-balancer, address: /dns/boot.example.org/tcp/30333}
    placement: {spread: zone, nodeSelector: {disk: fast}}
  rpc:
    role: rpc
    place: east
    autoscale: {by: connections, min: 2, max: 9, target: 200, prometheus: "http://prometheus.monitoring:9090"}
    exposure: {rpc: gateway, gateway: {name: public, namespace: gateways, hostnames: [rpc.example.org]}}
  api:
    role: rpc
    place: west
    autoscale: {by: cpu, min: 1, max: 3, target: 70, prometheus: null}
  archive: {role: archive, place: east, exposure: {p2p: node-port}}
  backup: {role: backup, places: {iron: 1}, ports: {p2p: 30400, rpc: 9950, metrics: 9620, relayP2p: 31400, relayRpc: 10950, relayMetrics: 10620}}
`;

/** A network of signers, by the key set of each. `more`: further settings of each pool. */
export function signersWith(sets: Readonly<Record<string, string>>, more = ''): Graph {
  const pools = Object.entries(sets).map(
    ([pool, set]) =>
      `${pool}: {role: validator, keys: {session: {source: secret, secret: "{node}-keys", set: ${set}, types: {babe: sr25519}}}${more}}`,
  );
  return readFixture(SOLO.replace('validators: {role: validator, count: 3}', pools.join('\n  '))).graph;
}

export const SPEC_TEXT = '{"name":"a chain"}';

/** Reads a text of a fixture; its chain specification is there. */
export function readFixture(text: string): Extract<NetworkRead, { ok: true }> {
  const read = readNetwork(text, new Map([['chain.json', SPEC_TEXT]]));
  if (!read.ok)
    throw new Error(read.problems.map(({ at, what }) => `${at.line}:${at.column} ${what}`).join('\n'));
  return read;
}
