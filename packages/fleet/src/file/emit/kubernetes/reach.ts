import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import type { KubernetesResource } from '../../graph/resource.ts';
import { chainsOf, type FleetNode, type FleetPool, signs } from '../../normalise/network.ts';
import { nodePortOf, portsOf } from '../node-ports.ts';
import { egressOf } from './egress.ts';
import { nodeSelector, nodeSubject, poolSelector, poolSubject, setName } from './names.ts';
import { type ClusterScene, kubernetesResource } from './resource.ts';

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
      egress: egressOf(scene, pool, [ports.p2p, ...relayPorts]),
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
