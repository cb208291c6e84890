import { METADATA_SERVICE } from '@watchbill/kit/systemd';
import type { INetworkPolicy, INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1';
import type { EgressLimits } from '../../network/egress.ts';
import { chainsOf, type FleetPool, type Network } from '../../normalise/network.ts';
import { publicAddress } from '../bootnodes.ts';
import { nodePortOf, portsOf } from '../node-ports.ts';
import type { ClusterScene } from './resource.ts';

type Rules = NonNullable<NonNullable<INetworkPolicy['spec']>['egress']>;

const DNS: readonly INetworkPolicyPort[] = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
];
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'ws:': 80,
  'https:': 443,
  'wss:': 443,
};

/**
 * Where pods of a pool may connect to. `own`: their p2p ports. Without limits in the file, every port of an
 * address outside the cluster: peers choose their ports.
 */
export function egressOf(scene: ClusterScene, pool: FleetPool, own: readonly number[]): Rules {
  const closed = closedRanges(scene);
  const anywhere = [
    { ipBlock: { cidr: '0.0.0.0/0', except: [...METADATA_SERVICE.ipv4, ...closed.ipv4] } },
    { ipBlock: { cidr: '::/0', except: [...METADATA_SERVICE.ipv6, ...closed.ipv6] } },
  ];
  const inCluster = [...new Set([...own, ...peerPorts(scene, pool)]), ...dutyPorts(pool)];
  const limits = scene.network.file.clusters?.[scene.place.name]?.egress;
  const outside =
    limits === undefined
      ? [{ to: anywhere }]
      : [
          { to: anywhere, ports: [...DNS, ...limitedPorts(scene.network, pool, own, limits)] },
          ...(limits.places ?? []).map(({ range, ports }) => ({
            to: [{ ipBlock: { cidr: range } }],
            ports: ports.map(tcp),
          })),
        ];
  return [...outside, { to: [{ namespaceSelector: {} }], ports: [...DNS, ...inCluster.map(tcp)] }];
}

function tcp(port: number | string): INetworkPolicyPort {
  const [first = '', last] = String(port).split('-');
  return { protocol: 'TCP', port: Number(first), ...(last === undefined ? {} : { endPort: Number(last) }) };
}

/** Ports of peers, of permission services, and of the addresses that settings of the pool name. */
function limitedPorts(
  network: Network,
  pool: FleetPool,
  own: readonly number[],
  { peerPorts: more = [] }: EgressLimits,
): readonly INetworkPolicyPort[] {
  const peers = network.pools
    .filter((other) => meets(other, pool))
    .flatMap(({ nodes }) => nodes)
    .flatMap((node) => {
      const target = network.places.get(node.place)?.target ?? 'kubernetes';
      const { p2p, relayP2p } = portsOf(node, target);
      const beside = chainsOf(network, node).beside === null ? [] : [relayP2p];
      const announced = /\/tcp\/(\d+)$/.exec(publicAddress(node) ?? '')?.[1];
      return [
        ...[p2p, ...beside, ...(nodePortOf(node) === null ? [] : [nodePortOf(node) ?? p2p])],
        ...(announced === undefined ? [] : [Number(announced)]),
      ];
    });
  const numbers = [...new Set([...own, ...peers, ...dutyPorts(pool), ...namedPorts(network, pool)])];
  return [...numbers.sort((one, other) => one - other), ...more].map(tcp);
}

function meets(other: Pick<FleetPool, 'runs'>, { runs }: Pick<FleetPool, 'runs'>): boolean {
  return other.runs === runs || (runs !== 'relay' && other.runs === 'relay');
}

/** Ports in multiaddrs and URLs of flags, and of a specification that is fetched. */
function namedPorts(network: Network, { settings, nodes, runs }: FleetPool): readonly number[] {
  const flags = [settings, ...nodes.map((node) => node.settings)].flatMap((one) => [
    one.flags,
    one.customFlags,
    one.relayFlags,
  ]);
  const { own, beside } = chainsOf(network, { runs });
  const texts = [JSON.stringify(flags), own.spec?.url ?? '', beside?.spec?.url ?? ''].join(' ');
  const peers = [...texts.matchAll(/\/tcp\/(\d{1,5})/g)].map(([, port]) => Number(port));
  const urls = [...texts.matchAll(/\b(?:https?|wss?):\/\/[^\s"\\]+/g)].flatMap(([text]) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url === null ? [] : [Number(url.port || DEFAULT_PORTS[url.protocol])];
  });
  return [...peers, ...urls].filter((port) => port > 0 && port < 65536);
}

/** Ranges that the file closes for the pods of a cluster. A policy takes each family apart. */
export function closedRanges({ network, place }: Pick<ClusterScene, 'network' | 'place'>) {
  const ranges = network.file.clusters?.[place.name]?.closedRanges ?? [];
  return {
    ipv4: ranges.filter((range) => !range.includes(':')),
    ipv6: ranges.filter((range) => range.includes(':')),
  };
}

/** The p2p ports of the nodes of its chains at this place: pools may have different ports. */
function peerPorts({ network, place }: ClusterScene, pool: FleetPool): readonly number[] {
  return network.pools
    .filter((other) => meets(other, pool))
    .flatMap(({ nodes }) => nodes.find((node) => node.place === place.name) ?? [])
    .map((node) => portsOf(node, 'kubernetes').p2p);
}

/** Ports of the permission services that signers of the pool ask: they may run in another namespace. */
function dutyPorts({ settings, nodes }: FleetPool): readonly number[] {
  const all = [settings, ...nodes.map((node) => node.settings)].flatMap(({ duty }) => duty?.services ?? []);
  const ports = all.filter((service) => service.startsWith('http')).map((service) => new URL(service).port);
  return [...new Set(ports.map((port) => Number(port || DEFAULT_PORTS['https:'])))].sort(
    (one, other) => one - other,
  );
}
