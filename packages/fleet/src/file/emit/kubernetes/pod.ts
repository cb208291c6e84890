import type {
  IContainer,
  IEnvVar,
  IPodSpec,
  IProbe,
  IToleration,
  ITopologySpreadConstraint,
} from 'kubernetes-models/v1';
import type { ExtraContainer } from '../../network/pod-settings.ts';
import type { Settings } from '../../network/settings.ts';
import { signs } from '../../normalise/network.ts';
import { nodeArguments } from '../arguments.ts';
import { bootnodesFor, publicAddress } from '../bootnodes.ts';
import { portsOf } from '../node-ports.ts';
import { hardened } from './hardened.ts';
import { poolSelector } from './names.ts';
import { NODE_ACCOUNT } from './network-wide.ts';
import { MOUNTS, type PodInput, pathsOf } from './pod-input.ts';
import { initContainers } from './pod-steps.ts';
import { mounts, podVolumes } from './pod-volumes.ts';

/** A database that is closed properly needs no repair. */
const STOP_SECONDS = 180;

/** The pod of a node: restricted, without an API token, keys on a separate volume. */
export function podSpec(input: PodInput): IPodSpec {
  const steps = initContainers(input);
  const { runAs, software, extraContainers } = input.node.settings;
  return {
    serviceAccountName: NODE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: STOP_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: runAs.user,
      runAsGroup: runAs.group,
      fsGroup: runAs.group,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...placing(input),
    ...(software.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: software.imagePullSecrets.map((name) => ({ name })) }),
    ...(steps.length === 0 ? {} : { initContainers: steps }),
    containers: [mainContainer(input), ...extraContainers.map(extraOf)],
    volumes: podVolumes(input),
  };
}

function placing(
  input: PodInput,
): Pick<
  IPodSpec,
  'nodeSelector' | 'topologySpreadConstraints' | 'tolerations' | 'affinity' | 'priorityClassName'
> {
  const { nodeSelector, spread, tolerations, affinity, priorityClassName } = input.node.settings.placement;
  return {
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(spread === 'none' ? {} : { topologySpreadConstraints: spreading(input, spread) }),
    ...(tolerations.length === 0
      ? {}
      : { tolerations: tolerations.map((one) => ({ ...one }) as IToleration) }),
    // Its inner shape is that of the API; the server checks it when a plan asks for a dry run.
    ...(affinity === null ? {} : { affinity: affinity as NonNullable<IPodSpec['affinity']> }),
    ...(priorityClassName === null ? {} : { priorityClassName }),
  };
}

function spreading({ node, scene }: PodInput, spread: 'host' | 'zone'): ITopologySpreadConstraint[] {
  return [
    {
      maxSkew: 1,
      topologyKey: spread === 'zone' ? 'topology.kubernetes.io/zone' : 'kubernetes.io/hostname',
      whenUnsatisfiable: signs(node.role) ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: poolSelector(scene.network, { name: node.pool }) },
    },
  ];
}

function mainContainer(input: PodInput): IContainer {
  const { node, shared, boots } = input;
  const { settings } = node;
  const ports = portsOf(node, 'kubernetes');
  const open = !signs(node.role) && settings.exposure.rpc !== 'none';
  return {
    ...hardened(settings.software.image ?? '', 'node', mounts(input)),
    command: [settings.software.command],
    args: [
      ...nodeArguments({
        node,
        target: 'kubernetes',
        paths: pathsOf(input),
        displayName: shared ? '$(POD_NAME)' : node.name,
        bootnodes: bootnodesFor(node, boots, node.runs),
        relayBootnodes: input.relaySpec === null ? [] : bootnodesFor(node, boots, 'relay'),
        publicAddress: publicAddress(node),
      }),
    ],
    ...environmentOf(settings.environment, shared ? [POD_NAME] : []),
    ports: [
      { name: 'p2p', containerPort: ports.p2p },
      ...(open ? [{ name: 'rpc', containerPort: ports.rpc }] : []),
      ...(settings.monitoring.metrics ? [{ name: 'metrics', containerPort: ports.metrics }] : []),
      ...(input.relaySpec === null ? [] : [{ name: 'relay-p2p', containerPort: ports.relayP2p }]),
      ...(input.relaySpec === null || !settings.monitoring.metrics
        ? []
        : [{ name: 'relay-metrics', containerPort: ports.relayMetrics }]),
    ],
    resources: {
      requests: { cpu: cpuText(settings.resources.cpu), memory: memoryText(settings.resources.memoryGiB) },
      limits: { memory: memoryText(settings.resources.memoryGiB) },
    },
    ...probes(open, settings.startup),
  };
}

function environmentOf(
  environment: Readonly<Record<string, string>>,
  before: IEnvVar[] = [],
): Pick<IContainer, 'env'> {
  const env = [...before, ...Object.entries(environment).map(([name, value]) => ({ name, value }))];
  return env.length === 0 ? {} : { env };
}

/**
 * A container beside the node. Of the pod's volumes it gets those that the file names; none of them holds a
 * session key.
 */
function extraOf({
  name,
  image,
  command,
  args,
  environment,
  volumes,
  cpu,
  memoryGiB,
}: ExtraContainer): IContainer {
  const mounts = (volumes ?? []).map((volume) => ({
    name: volume,
    mountPath: volume === 'tmp' ? MOUNTS.temporary : MOUNTS[volume],
    ...(volume === 'tmp' ? {} : { readOnly: true }),
  }));
  return {
    ...hardened(image, name, mounts),
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
    ...environmentOf(environment ?? {}),
    resources: {
      requests: { cpu: cpuText(cpu), memory: memoryText(memoryGiB) },
      limits: { memory: memoryText(memoryGiB) },
    },
  };
}

const POD_NAME: IEnvVar = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

/** A node that is syncing is alive. It must be synced to be ready only if others send requests to it. */
function probes(
  open: boolean,
  startup: Settings['startup'],
): Pick<IContainer, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const listens: IProbe = { tcpSocket: { port: 'p2p' }, periodSeconds: 10, timeoutSeconds: 5 };
  const synced: IProbe = {
    httpGet: { path: '/health/readiness', port: 'rpc' },
    periodSeconds: 10,
    timeoutSeconds: 5,
  };
  return {
    startupProbe: { ...listens, ...startup },
    livenessProbe: { ...listens, failureThreshold: 6 },
    readinessProbe: { ...(open ? synced : listens), failureThreshold: 3 },
  };
}

function cpuText(cpu: number): string {
  return Number.isInteger(cpu) ? `${cpu}` : `${Math.round(cpu * 1000)}m`;
}

function memoryText(gib: number): string {
  return Number.isInteger(gib) ? `${gib}Gi` : `${Math.round(gib * 1024)}Mi`;
}
