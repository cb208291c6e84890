import { z } from 'zod';
import { growShape } from './backup.ts';
import {
  affinity,
  annotations,
  environment,
  extraContainer,
  labels,
  runAs,
  startup,
  toleration,
} from './pod-settings.ts';
import { software } from './software.ts';

export const flagValue = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())], {
  error: 'expected true, a number, a text or a list of texts',
});
export type FlagValue = z.infer<typeof flagValue>;

const port = z.int().min(1024).max(65535);
const objectName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9{]([-a-z0-9{}.]*[a-z0-9}])?$/, {
    error:
      'expected the name of a Secret: small letters, digits, dashes; {node} stands for the name of the node',
  });

const storage = z.strictObject({
  chainGiB: z.int().min(1).max(65536).describe('Volume of the chain.'),
  relayGiB: z.int().min(1).max(65536).describe('Volume of the relay chain beside a parachain.'),
  keystoreMiB: z.int().min(1).max(1024).describe('Volume of the keys, apart from the chain.'),
  class: z.string().max(63).nullable().describe('Storage class; null: the default of the cluster.'),
  grow: growShape.optional().describe('When `fleet nodes storage grow` lets volumes of chains grow.'),
});

const ports = z.strictObject({
  p2p: port,
  rpc: port,
  metrics: port,
  relayP2p: port,
  relayRpc: port,
  relayMetrics: port,
});

const sessionKeys = z.strictObject({
  source: z
    .enum(['born', 'secret'])
    .describe(
      'born: the node makes them and they never leave it; secret: seeds from a Secret of a cluster, or from a credential on a machine.',
    ),
  secret: objectName.nullable().describe('Name of the secret, one for each node: use {node} in a pool.'),
  set: objectName
    .nullable()
    .describe(
      'Name of the key set, if the name of the Secret does not show it. The same name means the same keys, in every place.',
    ),
  types: z
    .record(z.string().regex(/^[a-z]{4}$/), z.enum(['sr25519', 'ed25519', 'ecdsa']))
    .describe('Entries of the Secret, by key type: {babe: sr25519, gran: ed25519}.'),
});

const DUTY_ADDRESS = 'expected https://HOST:PORT; on one machine also http://127.0.0.1:PORT or unix:/PATH';

const dutyServices = z
  .array(
    z
      .string()
      .regex(/^(https:\/\/[^\s/]+|http:\/\/(127\.0\.0\.1|localhost|\[::1]):[0-9]{1,5}|unix:\/\S+)$/, {
        error: DUTY_ADDRESS,
      })
      .refine((text) => text.startsWith('unix:') || URL.canParse(text), { error: DUTY_ADDRESS }),
  )
  .min(1)
  .max(16)
  .describe('Permission services (`watchbill serve`), in order of preference.');

const duty = z.strictObject({
  service: z
    .string()
    .max(20)
    .optional()
    .describe('Name of the `service` of this file, in place of `services`: its three addresses follow.'),
  services: dutyServices,
  secret: objectName.describe(
    'Secret (on a machine: credentials) with the token of the node (entry `token`), and, if `ca` is true, the authority of the services (entry `ca`). One for each node: use {node}.',
  ),
  ca: z
    .boolean()
    .default(false)
    .describe('Whether the Secret has the authority that signed the certificates of the services.'),
  node: z
    .string()
    .regex(/^[A-Za-z0-9{][A-Za-z0-9{}._-]{0,63}$/, {
      error: 'expected a name as in the rosters, such as {node}',
    })
    .default('{node}')
    .describe('Name of the node in the rosters of the policy.'),
});

const nodeKey = z.strictObject({
  source: z
    .enum(['born', 'secret'])
    .describe(
      'born: made once, kept on the volume; secret: from a Secret, or a credential on a machine, entry `key`.',
    ),
  secret: objectName.nullable(),
  peerId: z
    .string()
    .regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, { error: 'expected a peer id of ed25519: 12D3KooW…' })
    .nullable()
    .describe('Public; others find the node by it. Boot nodes need it.'),
});

const gateway = z.strictObject({
  name: z.string().max(63),
  namespace: z.string().max(63),
  hostnames: z.array(z.string().max(253)).min(1),
});

const exposure = z.strictObject({
  p2p: z
    .enum(['none', 'node-port', 'load-balancer'])
    .describe('How peers outside the cluster reach the node.'),
  nodePort: z
    .int()
    .min(30_000)
    .max(32_767)
    .nullable()
    .describe(
      'Port of the hosts for peers from outside; node N of a pool in a cluster adds N. Firewalls then open these ports alone. null: the cluster chooses, and firewalls open 30000-32767.',
    ),
  address: z
    .string()
    .regex(/^\/(dns|dns4|dns6|ip4|ip6)\/[^/\s]+\/tcp\/[0-9]{1,5}$/, {
      error: 'expected /dns/NAME/tcp/PORT or /ip4/ADDRESS/tcp/PORT',
    })
    .nullable()
    .describe('The address that the node announces to others; {node} stands for its name.'),
  rpc: z
    .enum(['none', 'cluster', 'gateway'])
    .describe(
      'none: loopback only; cluster: other pods of the namespace, such as an RPC gateway; gateway: everyone, through a Gateway of the cluster, without keys or quotas.',
    ),
  gateway: gateway.nullable(),
});

const monitoring = z.strictObject({
  metrics: z.boolean().describe('Serve Prometheus metrics to the monitoring namespace.'),
  podMonitor: z.boolean().describe('Also make a PodMonitor of the Prometheus operator.'),
});

const placement = z.strictObject({
  nodeSelector: z.record(z.string(), z.string()),
  spread: z.enum(['host', 'zone', 'none']).describe('Keep the nodes of a pool on different hosts or zones.'),
  tolerations: z.array(toleration).max(32).describe('Taints of hosts that the pods tolerate.'),
  affinity: affinity.nullable().describe('Affinity of the pods, as in the API of Kubernetes.'),
  priorityClassName: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, { error: 'expected the name of a PriorityClass' })
    .nullable()
    .describe('A PriorityClass of the cluster: pods of a higher one are evicted later.'),
});

const autoscale = z.strictObject({
  by: z
    .enum(['cpu', 'connections'])
    .describe('cpu: a HorizontalPodAutoscaler; connections: KEDA on open RPC sessions.'),
  min: z.int().min(1).max(1000),
  max: z.int().min(1).max(1000),
  target: z.int().min(1).max(100000).describe('Percent of the requested CPU, or sessions per pod.'),
  prometheus: z.url().nullable().default(null).describe('Address of Prometheus, for connections.'),
});

/** Everything that a pool, and each node of it, can set. */
export const settingsShape = {
  software,
  flags: z
    .record(z.string(), flagValue)
    .describe(
      'Flags of the node without the dashes: {db-cache: 2048}. A parachain node asks nodes of its relay chain elsewhere with {relay-chain-rpc-urls: ["wss://…"]}.',
    ),
  relayFlags: z
    .record(z.string(), flagValue)
    .describe('The same for the relay chain inside a parachain node.'),
  customFlags: z
    .array(z.string().regex(/^--[a-z0-9][a-z0-9-]*(=\S*)?$/, { error: 'expected --name or --name=value' }))
    .describe('Flags that only this binary has, as texts.'),
  pruning: z
    .union([z.literal('archive'), z.int().min(16)], {
      error: 'expected archive, or how many states are kept (16 or more)',
    })
    .describe('How many states are kept.'),
  storage,
  resources: z.strictObject({
    cpu: z.number().min(0.05).max(512),
    memoryGiB: z.number().min(0.25).max(4096),
  }),
  ports,
  keys: z.strictObject({ session: sessionKeys, node: nodeKey }),
  exposure,
  monitoring,
  placement,
  environment,
  annotations,
  labels,
  runAs,
  startup,
  extraContainers: z
    .array(extraContainer)
    .max(8)
    .describe('Containers beside the node, for example a log shipper. A signer has none.'),
  layout: z
    .enum(['set-each', 'one-set'])
    .describe('set-each: a StatefulSet for each node; one-set: one for the pool, whose nodes are all alike.'),
  autoscale: autoscale.nullable(),
  duty: duty
    .nullable()
    .describe('Ask a permission service before each signature. The binary must have the gate of watchbill.'),
} as const;

const sections = {
  software: software.partial(),
  storage: storage.partial(),
  resources: settingsShape.resources.partial(),
  ports: ports.partial(),
  keys: z.strictObject({ session: sessionKeys.partial(), node: nodeKey.partial() }).partial(),
  exposure: exposure.partial(),
  monitoring: monitoring.partial(),
  placement: placement.partial(),
  runAs: runAs.partial(),
  startup: startup.partial(),
};

/** The same with every setting optional, as in a file. */
export const partialSettingsShape = {
  ...z.strictObject(settingsShape).partial().shape,
  duty: duty
    .extend({ services: dutyServices.optional() })
    .nullable()
    .optional()
    .describe(settingsShape.duty.description ?? ''),
  software: sections.software.optional(),
  storage: sections.storage.optional(),
  resources: sections.resources.optional(),
  ports: sections.ports.optional(),
  keys: sections.keys.optional(),
  exposure: sections.exposure.optional(),
  monitoring: sections.monitoring.optional(),
  placement: sections.placement.optional(),
  runAs: sections.runAs.optional(),
  startup: sections.startup.optional(),
};

export const settings = z.strictObject(settingsShape);
export type Settings = z.infer<typeof settings>;
