import { isIP } from 'node:net';
import { METADATA_SERVICE } from '@watchbill/kit/systemd';
import type { INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1';
import { closedRanges } from '../emit/kubernetes/egress.ts';
import { kubernetesId, poolSelector } from '../emit/kubernetes/names.ts';
import type { ClusterScene } from '../emit/kubernetes/resource.ts';
import type { Expected, KubernetesResource } from '../graph/resource.ts';
import type { ClusterPlace, Network } from '../normalise/network.ts';
import { etcdName, type FleetService } from '../normalise/service.ts';
import { secretsOfService } from '../secret-names/service.ts';
import { filesAt, serviceArguments } from './arguments.ts';
import { ETCD_PORT, etcdEndpoints, etcdResources } from './etcd.ts';
import { DATA_MOUNT, monitoring, quorumSet, tcp } from './quorum-set.ts';

/** The services in a cluster, and their etcd if the file asks for one. */
export function serviceInCluster(network: Network, place: ClusterPlace): readonly KubernetesResource[] {
  const { service } = network;
  if (service?.members[0]?.place !== place.name) return [];
  const scene: ClusterScene = { network, place };
  const { settings } = service;
  const { store, port } = settings;
  const own = etcdResources(scene, service);
  const peers: INetworkPolicyPeer = { podSelector: { matchLabels: poolSelector(network, service) } };
  const set = quorumSet(scene, {
    name: service.name,
    image: settings.image ?? '',
    imagePullSecrets: settings.imagePullSecrets,
    command: settings.command,
    args: serviceArguments(
      service,
      { name: '$(POD_NAME)', url: `https://$(POD_NAME).${service.name}.${place.namespace}.svc:${port}` },
      {
        data: `${DATA_MOUNT}/ledger`,
        tls: filesAt('/tls'),
        operator: '/operator/token',
        store: store.tls === undefined ? null : filesAt('/store-tls'),
        password: store.password === undefined ? null : '/store-password/password',
      },
      endpointsOf(scene, service),
    ),
    ports: { https: port },
    probes: probesOf(),
    secrets: {
      tls: settings.tls,
      operator: settings.operator,
      ...(store.tls === undefined ? {} : { 'store-tls': store.tls }),
      ...(store.password === undefined ? {} : { 'store-password': store.password }),
    },
    storage: settings.storage,
    resources: settings.resources,
    placement: settings.placement,
    ingress: [{ from: [peers, ...gates(network, place), monitoring(network)], ports: tcp(port) }],
    egress: [{ to: [peers], ports: tcp(port) }, storeRule(scene, service)],
    needs: own.length === 0 ? [] : [kubernetesId(place, 'StatefulSet', etcdName(service.name))],
  });
  return [...own, ...set];
}

function endpointsOf(scene: ClusterScene, service: FleetService): readonly string[] {
  return service.settings.store.endpoints ?? etcdEndpoints(scene, service);
}

/** A service that waits for the others is alive, and not ready. */
function probesOf() {
  const get = (path: string) => ({
    httpGet: { path, port: 'https', scheme: 'HTTPS' as const },
    timeoutSeconds: 5,
  });
  return {
    startupProbe: { ...get('/livez'), periodSeconds: 5, failureThreshold: 120 },
    livenessProbe: { ...get('/livez'), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...get('/readyz'), periodSeconds: 5, failureThreshold: 2 },
  };
}

/** The pods of pools in this cluster that ask the service. */
function gates(network: Network, place: ClusterPlace): readonly INetworkPolicyPeer[] {
  return network.pools
    .filter(({ nodes }) =>
      nodes.some((node) => node.place === place.name && asks(network, node.settings.duty)),
    )
    .map((pool) => ({ podSelector: { matchLabels: poolSelector(network, pool) } }));
}

function asks({ service }: Network, duty: { readonly service?: string | undefined } | null): boolean {
  return duty?.service !== undefined && duty.service === service?.name;
}

/**
 * Only the ports of etcd: at the addresses of the file or, for host names, at every address that the file
 * leaves open.
 */
function storeRule(scene: ClusterScene, { name, settings }: FleetService) {
  const { endpoints } = settings.store;
  if (endpoints === undefined)
    return {
      to: [{ podSelector: { matchLabels: poolSelector(scene.network, { name: etcdName(name) }) } }],
      ports: tcp(ETCD_PORT),
    };
  const urls = endpoints.map((one) => new URL(one.includes('://') ? one : `http://${one}`));
  const hosts = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  const ports = [...new Set(urls.map(({ port, protocol }) => Number(port || DEFAULT_PORTS[protocol])))];
  const closed = closedRanges(scene);
  const blocks = hosts.every((host) => isIP(host) !== 0)
    ? [...new Set(hosts)].map((host) => ({ ipBlock: { cidr: `${host}/${isIP(host) === 6 ? 128 : 32}` } }))
    : [
        { ipBlock: { cidr: '0.0.0.0/0', except: [...METADATA_SERVICE.ipv4, ...closed.ipv4] } },
        { ipBlock: { cidr: '::/0', except: [...METADATA_SERVICE.ipv6, ...closed.ipv6] } },
        { namespaceSelector: {} },
      ];
  return { to: blocks, ports: tcp(...ports.sort((one, other) => one - other)) };
}

/** `URL` leaves a port out that is that of its protocol. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The Secrets that the pods mount. They are made by people or by a secret store, never by us. */
export function serviceSecrets(network: Network, place: ClusterPlace): readonly Expected[] {
  const { service } = network;
  if (service?.members[0]?.place !== place.name) return [];
  const entries = secretsOfService(service);
  return [...new Set(entries.map(({ secret }) => secret))].map((secret): Expected => {
    const own = entries.filter((one) => one.secret === secret);
    return {
      place: place.name,
      kind: 'Secret',
      name: secret,
      entries: [...new Set(own.map(({ entry }) => entry))].sort(),
      why: `of the permission service ${service.name}`,
      neededBy: [...new Set(own.map(({ node }) => kubernetesId(place, 'StatefulSet', node)))],
    };
  });
}
