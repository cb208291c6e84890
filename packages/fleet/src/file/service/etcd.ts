import { poolSelector } from '../emit/kubernetes/names.ts';
import type { ClusterScene } from '../emit/kubernetes/resource.ts';
import type { KubernetesResource } from '../graph/resource.ts';
import { etcdName, type FleetService, SERVICE_COUNT } from '../normalise/service.ts';
import { filesAt } from './arguments.ts';
import { DATA_MOUNT, monitoring, quorumSet, tcp } from './quorum-set.ts';

export const ETCD_PORT = 2379;
const PEER_PORT = 2380;
/** Health and metrics over plain HTTP: a probe has no client certificate. */
const HEALTH_PORT = 2381;
/** Raft keeps the working set in memory; 8 GiB is the largest quota that etcd recommends. */
const QUOTA_BYTES = 8_589_934_592;
const MEMORY_GIB = 2;

/** `https://NAME-etcd-0.NAME-etcd.NAMESPACE.svc:2379`, and so on. */
export function etcdEndpoints(scene: ClusterScene, { name }: FleetService): readonly string[] {
  return members(name).map((member) => addressOf(scene, name, member, ETCD_PORT));
}

/** Three members of etcd with TLS between them and for clients; empty if the file names endpoints. */
export function etcdResources(scene: ClusterScene, service: FleetService): readonly KubernetesResource[] {
  const { etcd } = service.settings.store;
  if (etcd === undefined) return [];
  const { network } = scene;
  const name = etcdName(service.name);
  const pods = (of: string) => [{ podSelector: { matchLabels: poolSelector(network, { name: of }) } }];
  return quorumSet(scene, {
    name,
    image: etcd.image,
    imagePullSecrets: service.settings.imagePullSecrets,
    command: etcd.command ?? 'etcd',
    args: etcdArguments(scene, service.name),
    ports: { client: ETCD_PORT, peer: PEER_PORT, health: HEALTH_PORT },
    probes: {
      startupProbe: { tcpSocket: { port: 'peer' }, periodSeconds: 5, failureThreshold: 120 },
      livenessProbe: { tcpSocket: { port: 'peer' }, periodSeconds: 10, failureThreshold: 6 },
      readinessProbe: {
        httpGet: { path: '/health', port: 'health' },
        periodSeconds: 5,
        timeoutSeconds: 5,
        failureThreshold: 3,
      },
    },
    secrets: { tls: etcd.tls },
    storage: { sizeGiB: etcd.sizeGiB ?? 20, class: etcd.class ?? null },
    resources: { cpu: service.settings.resources.cpu, memoryGiB: MEMORY_GIB },
    placement: service.settings.placement,
    ingress: [
      { from: pods(service.name), ports: tcp(ETCD_PORT) },
      { from: pods(name), ports: tcp(PEER_PORT) },
      { from: [monitoring(network)], ports: tcp(HEALTH_PORT) },
    ],
    egress: [{ to: pods(name), ports: tcp(PEER_PORT) }],
    needs: [],
  });
}

function members(service: string): readonly string[] {
  return Array.from({ length: SERVICE_COUNT }, (_, at) => `${etcdName(service)}-${at}`);
}

function addressOf({ place }: ClusterScene, service: string, member: string, port: number): string {
  return `https://${member}.${etcdName(service)}.${place.namespace}.svc:${port}`;
}

/**
 * A member that lost its volume does not start again by itself: etcd refuses a new member under the name of
 * one that was there before ("has already been bootstrapped").
 */
function etcdArguments(scene: ClusterScene, service: string): readonly string[] {
  const self = (port: number) => addressOf(scene, service, '$(POD_NAME)', port);
  const { cert, key, ca } = filesAt('/tls');
  const all = members(service).map((member) => `${member}=${addressOf(scene, service, member, PEER_PORT)}`);
  return [
    '--name=$(POD_NAME)',
    `--data-dir=${DATA_MOUNT}/etcd`,
    `--listen-client-urls=https://0.0.0.0:${ETCD_PORT}`,
    `--advertise-client-urls=${self(ETCD_PORT)}`,
    `--listen-peer-urls=https://0.0.0.0:${PEER_PORT}`,
    `--initial-advertise-peer-urls=${self(PEER_PORT)}`,
    `--listen-metrics-urls=http://0.0.0.0:${HEALTH_PORT}`,
    `--initial-cluster=${all.join(',')}`,
    `--initial-cluster-token=${scene.network.name}-${service}`,
    '--initial-cluster-state=new',
    `--cert-file=${cert}`,
    `--key-file=${key}`,
    `--trusted-ca-file=${ca}`,
    '--client-cert-auth',
    `--peer-cert-file=${cert}`,
    `--peer-key-file=${key}`,
    `--peer-trusted-ca-file=${ca}`,
    '--peer-client-cert-auth',
    '--auto-compaction-mode=periodic',
    '--auto-compaction-retention=1h',
    `--quota-backend-bytes=${QUOTA_BYTES}`,
  ];
}
