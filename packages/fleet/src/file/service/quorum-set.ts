import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import type {
  INetworkPolicy,
  INetworkPolicyPeer,
  INetworkPolicyPort,
} from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IContainer, IPodSpec, IService, IToleration, IVolume } from 'kubernetes-models/v1';
import { hardened } from '../emit/kubernetes/hardened.ts';
import { kubernetesId, labelsOf, poolSelector } from '../emit/kubernetes/names.ts';
import { NODE_ACCOUNT } from '../emit/kubernetes/network-wide.ts';
import { type ClusterScene, kubernetesResource } from '../emit/kubernetes/resource.ts';
import type { KubernetesResource } from '../graph/resource.ts';
import { serviceSubject } from '../graph/service-subject.ts';
import type { Network } from '../normalise/network.ts';
import { SERVICE_COUNT, type ServiceSettings } from '../normalise/service.ts';

/** The user of the containers; the images of watchbill and of etcd run as any user. */
const USER = 1000;
/** A service drains for 20 s at most, and then closes its ledger. */
const STOP_SECONDS = 60;

export const DATA_MOUNT = '/data';

/** Three pods of one kind that need a quorum: the services, or the members of their etcd. */
export interface QuorumSet {
  readonly name: string;
  readonly image: string;
  readonly imagePullSecrets: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  /** Name and number; peers find each other by all of them. */
  readonly ports: Readonly<Record<string, number>>;
  readonly probes: Pick<IContainer, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;
  /** Secrets by the name of their volume, mounted at `/NAME`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly storage: ServiceSettings['storage'];
  readonly resources: ServiceSettings['resources'];
  readonly placement: ServiceSettings['placement'];
  /** Rules of the network policy beside DNS. */
  readonly ingress: NonNullable<NonNullable<INetworkPolicy['spec']>['ingress']>;
  readonly egress: NonNullable<NonNullable<INetworkPolicy['spec']>['egress']>;
  readonly needs: readonly string[];
}

type Content<Model> = Omit<Model, 'apiVersion' | 'kind' | 'metadata'>;

/** Ports of TCP for a rule. */
export function tcp(...ports: readonly number[]): INetworkPolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port }));
}

/** The pods that read metrics. */
export function monitoring({ monitoringNamespace }: Network): INetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': monitoringNamespace } } };
}

/** The set with its names in DNS, its network policy and its disruption budget. */
export function quorumSet(scene: ClusterScene, set: QuorumSet): readonly KubernetesResource[] {
  const { network, place } = scene;
  const subject = serviceSubject(set.name);
  const selector = poolSelector(network, set);
  const make = (apiVersion: string, kind: string, content: object, needs: readonly string[] = []) =>
    kubernetesResource(scene, { apiVersion, kind, name: set.name, subject, content, needs });
  const names: Content<IService> = {
    spec: {
      clusterIP: 'None',
      // A service that starts asks the others for their memory before any of them is ready.
      publishNotReadyAddresses: true,
      selector,
      ports: Object.entries(set.ports).map(([name, port]) => ({
        name,
        port,
        targetPort: name,
        protocol: 'TCP',
      })),
    },
  };
  const traffic: Content<INetworkPolicy> = {
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: set.ingress,
      egress: [
        {
          to: [{ namespaceSelector: {} }],
          ports: [{ protocol: 'UDP', port: 53 }, ...tcp(53)],
        },
        ...set.egress,
      ],
    },
  };
  const budget: Content<IPodDisruptionBudget> = {
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  };
  return [
    make('v1', 'Service', names),
    make('networking.k8s.io/v1', 'NetworkPolicy', traffic),
    make('policy/v1', 'PodDisruptionBudget', budget),
    make('apps/v1', 'StatefulSet', setContent(scene, set), [
      kubernetesId(place, 'ServiceAccount', NODE_ACCOUNT),
      kubernetesId(place, 'NetworkPolicy', `${network.name}-deny`),
      kubernetesId(place, 'NetworkPolicy', set.name),
      kubernetesId(place, 'PodDisruptionBudget', set.name),
      kubernetesId(place, 'Service', set.name),
      ...set.needs,
    ]),
  ];
}

function setContent(scene: ClusterScene, set: QuorumSet): Content<IStatefulSet> {
  const { storage } = set;
  return {
    spec: {
      serviceName: set.name,
      replicas: SERVICE_COUNT,
      // A ready one that fails at once is noticed before the next one is changed.
      minReadySeconds: 5,
      selector: { matchLabels: poolSelector(scene.network, set) },
      // After a power loss each waits for the others: an ordered start would never end.
      podManagementPolicy: 'Parallel',
      // One pod at a time, each after the one before it is ready.
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
      template: {
        metadata: { labels: labelsOf(scene.network, serviceSubject(set.name)) },
        spec: podOf(scene, set),
      },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOncePod'],
            ...(storage.class === null ? {} : { storageClassName: storage.class }),
            resources: { requests: { storage: `${storage.sizeGiB}Gi` } },
          },
        },
      ],
    },
  };
}

function podOf(scene: ClusterScene, set: QuorumSet): IPodSpec {
  const { nodeSelector = {}, tolerations = [], priorityClassName } = set.placement;
  const volumes = Object.entries(set.secrets).map(
    ([name, secretName]): IVolume => ({ name, secret: { secretName, defaultMode: 0o440 } }),
  );
  return {
    serviceAccountName: NODE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: STOP_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    affinity: { podAntiAffinity: apart(scene, set) },
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations.length === 0
      ? {}
      : { tolerations: tolerations.map((one) => ({ ...one }) as IToleration) }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(set.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: set.imagePullSecrets.map((name) => ({ name })) }),
    containers: [containerOf(set)],
    volumes: [...volumes, { name: 'tmp', emptyDir: {} }],
  };
}

/** Two of them on one host would be lost together. */
function apart(scene: ClusterScene, set: QuorumSet) {
  const term = {
    labelSelector: { matchLabels: poolSelector(scene.network, set) },
    topologyKey: 'kubernetes.io/hostname',
  };
  return set.placement.spread === 'require'
    ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
}

function containerOf(set: QuorumSet): IContainer {
  const { cpu, memoryGiB } = set.resources;
  const memory = `${Math.round(memoryGiB * 1024)}Mi`;
  const mounts = [
    { name: 'data', mountPath: DATA_MOUNT },
    ...Object.keys(set.secrets).map((name) => ({ name, mountPath: `/${name}`, readOnly: true })),
    { name: 'tmp', mountPath: '/tmp' },
  ];
  return {
    ...hardened(set.image, 'service', mounts),
    command: [set.command],
    args: [...set.args],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: Object.entries(set.ports).map(([name, containerPort]) => ({ name, containerPort })),
    resources: { requests: { cpu: `${Math.round(cpu * 1000)}m`, memory }, limits: { memory } },
    ...set.probes,
  };
}
