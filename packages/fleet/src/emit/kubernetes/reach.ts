import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { METADATA_SERVICE } from '@watchbill/base/systemd';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import type { KubernetesResource } from '../../graph/resource.ts';
import { chainsOf, type FleetNode, type FleetPool, signs } from '../../normalise/network.ts';
import { nodePortOf, portsOf } from '../ports.ts';
import { nodeSelector, nodeSubject, poolSelector, poolSubject, setName } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

const HTTPS_PORT = 443;

/** The addresses of a pool's nodes: names, RPC, and peers from outside. */
export function reachOfPool(
  scene: ClusterScene,
  pool: FleetPool,
  nodes: readonly FleetNode[],
): readonly KubernetesResource[] {
  const first = nodes[0];
  if (first === undefined) return [];
  const open = rpcIsOpen(pool);
  return [
    namesService(scene, pool, first),
    traffic(scene, pool, first),
    ...(open ? [rpcService(scene, pool, first)] : []),
    ...(pool.settings.exposure.gateway === null
      ? []
      : [route(scene, pool, pool.settings.exposure.gateway, first)]),
    ...nodes.flatMap((node) => peerService(scene, node)),
  ];
}

export function rpcIsOpen({ role, settings }: FleetPool): boolean {
  return !signs(role) && settings.exposure.rpc !== 'none';
}

/** A name in DNS for each pod, ready or not: peers find each other while they sync. */
function namesService(scene: ClusterScene, pool: FleetPool, first: FleetNode): KubernetesResource {
  const content: Omit<IService, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: poolSelector(scene.network, pool),
      ports: [{ name: 'p2p', port: portsOf(first, 'kubernetes').p2p, targetPort: 'p2p', protocol: 'TCP' }],
    },
  };
  return service(scene, setName(pool, scene.place.name), poolSubject(pool), content);
}

function rpcService(scene: ClusterScene, pool: FleetPool, first: FleetNode): KubernetesResource {
  return service(scene, `${setName(pool, scene.place.name)}-rpc`, poolSubject(pool), {
    spec: {
      type: 'ClusterIP',
      selector: poolSelector(scene.network, pool),
      ports: [{ name: 'rpc', port: portsOf(first, 'kubernetes').rpc, targetPort: 'rpc', protocol: 'TCP' }],
    },
  });
}

/** For peers outside the cluster, one node each: a peer id is at one address. */
function peerService(scene: ClusterScene, node: FleetNode): readonly KubernetesResource[] {
  const { p2p } = node.settings.exposure;
  if (p2p === 'none' || node.settings.layout !== 'set-each') return [];
  const name = `${node.name}-p2p`;
  const nodePort = nodePortOf(node);
  return [
    service(scene, name, nodeSubject(node), {
      spec: {
        type: p2p === 'node-port' ? 'NodePort' : 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        selector: nodeSelector(scene.network, node),
        ports: [
          {
            name: 'p2p',
            port: portsOf(node, 'kubernetes').p2p,
            targetPort: 'p2p',
            protocol: 'TCP',
            ...(nodePort === null ? {} : { nodePort }),
          },
        ],
      },
    }),
  ];
}

function service(
  scene: ClusterScene,
  name: string,
  subject: KubernetesResource['subject'],
  content: Omit<IService, 'apiVersion' | 'kind' | 'metadata'>,
): KubernetesResource {
  return kubernetesResource(scene, { apiVersion: 'v1', kind: 'Service', name, subject, content });
}

function traffic(scene: ClusterScene, pool: FleetPool, first: FleetNode): KubernetesResource {
  const { network, place } = scene;
  const ports = portsOf(first, 'kubernetes');
  const relay = chainsOf(network, pool).beside !== null;
  const relayPorts = relay ? [ports.relayP2p] : [];
  const tcp = (...numbers: readonly number[]) => numbers.map((port) => ({ protocol: 'TCP' as const, port }));
  const named = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const closed = closedRanges(scene);
  const { gateway } = pool.settings.exposure;
  const callers = [named(place.namespace), ...(gateway === null ? [] : [named(gateway.namespace)])];
  const content: Omit<INetworkPolicy, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: {
      podSelector: { matchLabels: poolSelector(network, pool) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: tcp(ports.p2p, ...relayPorts) },
        ...(rpcIsOpen(pool) ? [{ from: callers, ports: tcp(ports.rpc) }] : []),
        ...(pool.settings.monitoring.metrics
          ? [
              {
                from: [named(network.monitoringNamespace)],
                ports: tcp(ports.metrics, ...(relay ? [ports.relayMetrics] : [])),
              },
            ]
          : []),
      ],
      egress: [
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: [...METADATA_SERVICE.ipv4, ...closed.ipv4] } },
            { ipBlock: { cidr: '::/0', except: [...METADATA_SERVICE.ipv6, ...closed.ipv6] } },
          ],
        },
        {
          to: [{ namespaceSelector: {} }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
            ...tcp(...new Set([ports.p2p, ...relayPorts, ...peerPorts(scene, pool)]), ...dutyPorts(pool)),
          ],
        },
      ],
    },
  };
  return kubernetesResource(scene, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name: setName(pool, place.name),
    subject: poolSubject(pool),
    content,
  });
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
function peerPorts({ network, place }: ClusterScene, { runs }: FleetPool): readonly number[] {
  return network.pools
    .filter((other) => other.runs === runs || (runs !== 'relay' && other.runs === 'relay'))
    .flatMap(({ nodes }) => nodes.find((node) => node.place === place.name) ?? [])
    .map((node) => portsOf(node, 'kubernetes').p2p);
}

/** Ports of the permission services that signers of the pool ask: they may run in another namespace. */
function dutyPorts({ settings, nodes }: FleetPool): readonly number[] {
  const all = [settings, ...nodes.map((node) => node.settings)].flatMap(({ duty }) => duty?.services ?? []);
  const ports = all.filter((service) => service.startsWith('http')).map((service) => new URL(service).port);
  return [...new Set(ports.map((port) => Number(port || HTTPS_PORT)))].sort((one, other) => one - other);
}

function route(
  scene: ClusterScene,
  pool: FleetPool,
  gateway: NonNullable<FleetPool['settings']['exposure']['gateway']>,
  first: FleetNode,
): KubernetesResource {
  const content: Omit<IHTTPRoute, 'apiVersion' | 'kind' | 'metadata'> = {
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
      hostnames: [...gateway.hostnames],
      rules: [
        {
          backendRefs: [
            { name: `${setName(pool, scene.place.name)}-rpc`, port: portsOf(first, 'kubernetes').rpc },
          ],
        },
      ],
    },
  };
  return kubernetesResource(scene, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    name: `${setName(pool, scene.place.name)}-rpc`,
    subject: poolSubject(pool),
    content,
  });
}
