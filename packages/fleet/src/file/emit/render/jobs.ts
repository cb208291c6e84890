import { isRecord, type JsonRecord } from '@watchbill/kit';
import type { IContainer, IPodSpec, IVolume } from 'kubernetes-models/v1';
import { stringify } from 'yaml';
import type { Graph, KubernetesResource } from '../../graph/resource.ts';
import { JOB_MINUTES } from '../../network/jobs.ts';
import type { NetworkFile } from '../../network/schema.ts';
import type { FleetNode, NamedChain, Network } from '../../normalise/network.ts';
import { hardened } from '../kubernetes/hardened.ts';
import { SPEC_KEY } from '../kubernetes/network-wide.ts';
import { type JobAccess, jobAccess, portOfUrl } from './job-access.ts';
import { clustersOf, yamlText } from './objects.ts';
import type { RenderedFile } from './rendered-file.ts';

/** Pods of jobs have it; those of nodes do not. */
export const JOB_LABEL = 'watchbill/job';
/** The ConfigMap with the network file and the specifications that it names. */
const FILES = 'watchbill-jobs';
/** A run that is stopped brings its node up first. */
const GRACE_SECONDS = 900;
/** The user of the containers; the image of watchbill runs as any user. */
const USER = 1000;

/** One job of a cluster. */
export interface ClusterJob {
  /** Of the CronJob and of its account, for example `backup-backup-main-0`. */
  readonly name: string;
  readonly kind: 'backup' | 'growth';
  /** Null: the growth of all pools. */
  readonly node: string | null;
  readonly schedule: string;
  /** Longest time of one run. */
  readonly minutes: number;
}

/** The jobs that a network file asks for in one cluster. */
export function jobsAt({ file, pools }: Network, place: string): readonly ClusterJob[] {
  const { backup, growth } = file.jobs ?? {};
  const nodes = pools.flatMap((pool) => pool.nodes).filter((node) => node.place === place);
  const ofNode = ({ name }: FleetNode, schedule: string, minutes: number): ClusterJob => ({
    ...{ name: `backup-${name}`, kind: 'backup', node: name, schedule, minutes },
  });
  const grows = nodes.some(({ settings }) => settings.storage.grow !== undefined);
  return [
    ...(backup === undefined
      ? []
      : nodes
          .filter(({ role }) => role === 'backup')
          .map((node) => ofNode(node, backup.schedule, backup.minutes ?? JOB_MINUTES.backup))),
    ...(growth === undefined || !grows
      ? []
      : [
          {
            ...({ name: 'growth', kind: 'growth', node: null, schedule: growth.schedule } as const),
            minutes: growth.minutes ?? JOB_MINUTES.growth,
          },
        ]),
  ];
}

/**
 * For each cluster with jobs one file for an administrator: CronJobs, and for each an account with the rights
 * of its command. No object has the label of the network, because a plan would remove it.
 */
export function jobFiles(network: Network, graph: Graph): readonly RenderedFile[] {
  return clustersOf(graph, false).flatMap(({ name, namespace, resources }) => {
    const jobs = jobsAt(network, name);
    if (jobs.length === 0) return [];
    const cluster: Cluster = { network, name, namespace, resources };
    const objects = [
      filesMap(cluster),
      traffic(cluster),
      ...jobs.flatMap((job) => [...jobAccess(accessOf(cluster, job)), ...jobObjects(cluster, job)]),
    ];
    return [{ path: `${name}.yaml`, text: objects.map(yamlText).join('---\n') }];
  });
}

interface Cluster {
  readonly network: Network;
  readonly name: string;
  readonly namespace: string;
  readonly resources: readonly KubernetesResource[];
}

function accessOf({ network, namespace }: Cluster, { name, kind, node }: ClusterJob): JobAccess {
  const prunes = network.file.backup?.keep !== undefined;
  return { network: network.name, namespace, account: `watchbill-${name}`, kind, node, prunes };
}

function object(
  cluster: Cluster,
  apiVersion: string,
  kind: string,
  name: string,
  content: object,
): JsonRecord {
  const labels = { 'app.kubernetes.io/managed-by': 'watchbill' };
  return { apiVersion, kind, metadata: { name, namespace: cluster.namespace, labels }, ...content };
}

/**
 * The file as a pod of this cluster reads it: without the context of the cluster, because the pod uses its
 * own token, and with specifications beside it.
 */
function filesMap(cluster: Cluster): JsonRecord {
  const { network, name, resources } = cluster;
  const specs = resources.flatMap(({ kind, name: map, body }) => {
    const text = kind === 'ConfigMap' && isRecord(body.data) ? body.data[SPEC_KEY] : undefined;
    return typeof text === 'string' ? [[`${map}.json`, text] as const] : [];
  });
  const { context: _, ...own } = network.file.clusters?.[name] ?? {};
  // A cluster without a context is the current one; in a pod that is the pod's own.
  const others = Object.entries(network.file.clusters ?? {}).map(
    ([key, one]) => [key, { ...one, context: one.context ?? `elsewhere-${key}` }] as const,
  );
  const file: NetworkFile = {
    ...network.file,
    chain: chainHere(network.file.chain),
    clusters: { ...Object.fromEntries(others), [name]: own },
  };
  const data = { 'network.yaml': stringify(file, { lineWidth: 0 }), ...Object.fromEntries(specs) };
  return object(cluster, 'v1', 'ConfigMap', FILES, { data });
}

function chainHere(chain: NetworkFile['chain']): NetworkFile['chain'] {
  const here = <Chain extends NamedChain>(one: Chain): Chain =>
    one.spec?.file === undefined
      ? one
      : { ...one, spec: { ...one.spec, file: `chain-spec-${one.spec.sha256.slice(0, 12)}.json` } };
  const { relay, parachains } = chain;
  const more = Object.entries(parachains ?? {}).map(([name, one]) => [name, here(one)] as const);
  return {
    ...here(chain),
    ...(relay === undefined ? {} : { relay: here(relay) }),
    ...(parachains === undefined ? {} : { parachains: Object.fromEntries(more) }),
  };
}

/** No incoming connections; outgoing ones only to DNS, the API server and the Prometheus of the file. */
function traffic(cluster: Cluster): JsonRecord {
  const url = cluster.network.file.jobs?.growth?.prometheus;
  const tcp = [...new Set([443, 6443, ...(url === undefined ? [] : [portOfUrl(url)])])];
  return object(cluster, 'networking.k8s.io/v1', 'NetworkPolicy', FILES, {
    spec: {
      podSelector: { matchExpressions: [{ key: JOB_LABEL, operator: 'Exists' }] },
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        {
          to: [{ namespaceSelector: {} }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        { ports: tcp.map((port) => ({ protocol: 'TCP', port })) },
      ],
    },
  });
}

function jobObjects(cluster: Cluster, job: ClusterJob): readonly JsonRecord[] {
  const name = `watchbill-${job.name}`;
  const state = object(cluster, 'v1', 'PersistentVolumeClaim', name, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  const labels = { 'app.kubernetes.io/managed-by': 'watchbill', [JOB_LABEL]: job.name };
  const cron = object(cluster, 'batch/v1', 'CronJob', job.name, {
    spec: {
      schedule: job.schedule,
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 2,
          // The command ends by itself first, and starts its node.
          activeDeadlineSeconds: job.minutes * 60 + GRACE_SECONDS,
          template: { metadata: { labels }, spec: podOf(cluster, job) },
        },
      },
    },
  });
  return job.kind === 'backup' ? [state, cron] : [cron];
}

function podOf({ network, name: place }: Cluster, job: ClusterJob): IPodSpec {
  const words = wordsOf(network, place, job).map((args, at) => containerOf(network, `step-${at}`, args, job));
  const files: IVolume = { name: 'network', configMap: { name: FILES, defaultMode: 0o444 } };
  const state: IVolume = { name: 'state', persistentVolumeClaim: { claimName: `watchbill-${job.name}` } };
  return {
    serviceAccountName: `watchbill-${job.name}`,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      ...{ runAsUser: USER, runAsGroup: USER, fsGroup: USER },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // Old backups are removed only after a new one is complete.
    ...(words.length > 1 ? { initContainers: words.slice(0, -1) } : {}),
    containers: words.slice(-1),
    volumes: [files, ...(job.kind === 'backup' ? [state] : []), { name: 'tmp', emptyDir: {} }],
  };
}

/** Command lines without the executable, one after the other. */
function wordsOf({ file }: Network, place: string, { kind, node, minutes }: ClusterJob) {
  const own = ['--file', '/network/network.yaml'];
  if (kind === 'growth') {
    const prometheus = file.jobs?.growth?.prometheus ?? '';
    const flags = ['--place', place, '--prometheus', prometheus, '--timeout', `${minutes * 60}`];
    return [['fleet', 'nodes', 'storage', 'grow', ...own, ...flags, '--apply']];
  }
  const flags = [...own, '--node', node ?? '', '--state', '/state', '--timeout', `${minutes}`];
  const keep = file.backup?.keep;
  return [
    ['fleet', 'backup', 'run', ...flags],
    ...(keep === undefined ? [] : [['fleet', 'backup', 'prune', ...flags, '--apply']]),
  ];
}

function containerOf(network: Network, name: string, args: string[], { kind }: ClusterJob): IContainer {
  const { jobs } = network.file;
  const mounts = [
    { name: 'network', mountPath: '/network', readOnly: true },
    ...(kind === 'backup' ? [{ name: 'state', mountPath: '/state' }] : []),
    { name: 'tmp', mountPath: '/tmp' },
  ];
  return {
    ...hardened(jobs?.image ?? network.service?.settings.image ?? '', name, mounts),
    command: [jobs?.command ?? 'watchbill'],
    args,
    env: [{ name: 'HOME', value: '/tmp' }],
    resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { memory: '512Mi' } },
  };
}
