import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IPodSpec, IProbe, IService } from 'kubernetes-models/v1';
import { hardened, poolSelector, portsOf } from '../../file/emit/index.ts';
import type { ClusterPlace } from '../../file/normalise/index.ts';
import type { GatewaySite } from './sites.ts';

/**
 * How callers from outside the cluster reach the gateway: through a Gateway of the cluster, at its host
 * names.
 */
export interface GatewayRoute {
  readonly namespace: string;
  readonly name: string;
  readonly hostnames: readonly string[];
}

export interface ClusterInput {
  readonly site: GatewaySite;
  readonly place: ClusterPlace;
  /** With Node and `watchbill`, by digest. */
  readonly image: string;
  /** Null: only pods of the same namespace may ask. */
  readonly route: GatewayRoute | null;
}

type GatewayObject =
  | IService
  | INetworkPolicy
  | IPodDisruptionBudget
  | IDeployment
  | IHTTPRoute
  | IPodMonitor;

const REPLICAS = 2;
const USER = 1000;
const FOLDER = '/etc/watchbill-gateway';
/** Longer than the time that it gives to requests under way. */
const STOP_SECONDS = 30;
const LED_SECONDS = 5;

/**
 * The gateway in a cluster, in the namespace of its nodes, whose policies admit no other callers. Settings
 * and keys come from a Secret of the same name, which people create. The objects lack the owner labels of the
 * network, because `fleet apply` would remove objects that its file does not have.
 */
export function clusterObjects(input: ClusterInput): readonly GatewayObject[] {
  const { site, route } = input;
  const { listen } = site.ports;
  return [
    traffic(input),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(input),
      spec: {
        type: 'ClusterIP',
        selector: selector(site),
        ports: [{ name: 'rpc', port: listen, targetPort: 'rpc', protocol: 'TCP' }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata(input),
      spec: { maxUnavailable: 1, selector: { matchLabels: selector(site) } },
    },
    deployment(input),
    ...monitor(input),
    ...(route === null
      ? []
      : [
          {
            apiVersion: 'gateway.networking.k8s.io/v1',
            kind: 'HTTPRoute',
            metadata: metadata(input),
            spec: {
              parentRefs: [{ name: route.name, namespace: route.namespace }],
              hostnames: [...route.hostnames],
              rules: [{ backendRefs: [{ name: site.name, port: listen }] }],
            },
          } satisfies IHTTPRoute,
        ]),
  ];
}

function selector({ name }: GatewaySite): Record<string, string> {
  return { 'app.kubernetes.io/name': 'watchbill-gateway', 'app.kubernetes.io/instance': name };
}

function metadata({ site, place }: ClusterInput) {
  const labels = { ...selector(site), 'app.kubernetes.io/part-of': site.network.name };
  return { name: site.name, namespace: place.namespace, labels };
}

/**
 * Incoming: callers from the namespace of the Gateway, and the reader of metrics. Outgoing: DNS, and the
 * nodes of its pool.
 */
function traffic(input: ClusterInput): INetworkPolicy {
  const { site, place, route } = input;
  const { network, pool, ports } = site;
  const from = (name: string) => [
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
  ];
  const tcp = (port: number) => ({ protocol: 'TCP' as const, port });
  const rpc = [pool, ...pool.nodes].map(({ settings }) => portsOf({ settings, index: 0 }, 'kubernetes').rpc);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(input),
    spec: {
      podSelector: { matchLabels: selector(site) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: from(route?.namespace ?? place.namespace), ports: [tcp(ports.listen)] },
        { from: from(network.monitoringNamespace), ports: [tcp(ports.admin)] },
      ],
      egress: [
        {
          to: [{ podSelector: { matchLabels: poolSelector(network, pool) } }],
          ports: [...new Set(rpc)].map(tcp),
        },
        { to: [{ namespaceSelector: {} }], ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] },
      ],
    },
  };
}

function deployment(input: ClusterInput): IDeployment {
  const labels = selector(input.site);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(input),
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels: metadata(input).labels }, spec: pod(input) },
    },
  };
}

function pod(input: ClusterInput): IPodSpec {
  const { site, image } = input;
  const probe = (path: string): IProbe => ({
    httpGet: { path, port: 'admin' },
    periodSeconds: 5,
    timeoutSeconds: 3,
  });
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: STOP_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selector(site) },
      },
    ],
    containers: [
      {
        ...hardened(image, 'gateway', [{ name: 'settings', mountPath: FOLDER, readOnly: true }]),
        command: ['watchbill'],
        args: ['fleet', 'gateway', 'run', '--config', `${FOLDER}/gateway.yaml`, '--json'],
        ports: [
          { name: 'rpc', containerPort: site.ports.listen },
          { name: 'admin', containerPort: site.ports.admin },
        ],
        resources: { requests: { cpu: '500m', memory: '256Mi' }, limits: { memory: '1Gi' } },
        // Time until no new caller is routed to it.
        lifecycle: { preStop: { exec: { command: ['sleep', `${LED_SECONDS}`] } } },
        readinessProbe: probe('/readyz'),
        // It is alive even if no node is in sync: only its readiness depends on the nodes.
        livenessProbe: { ...probe('/healthz'), failureThreshold: 6 },
      },
    ],
    volumes: [
      // A folder, so that added and removed keys reach a running pod.
      { name: 'settings', secret: { secretName: site.name } },
    ],
  };
}

/** Under the names by which alerts and dashboards know a gateway. */
function monitor(input: ClusterInput): readonly IPodMonitor[] {
  const { site, place } = input;
  if (!site.pool.settings.monitoring.podMonitor) return [];
  const is = (targetLabel: string, replacement: string) => ({ targetLabel, replacement });
  const relabelings = [
    is('job', 'watchbill-gateway'),
    is('network', site.network.name),
    is('place', place.name),
    { sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'instance' },
  ];
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: metadata(input),
      spec: {
        selector: { matchLabels: selector(site) },
        podMetricsEndpoints: [{ port: 'admin', interval: '15s', relabelings }],
      },
    },
  ];
}
