import { z } from 'zod';
import { ROLES } from '../graph/resource.ts';
import { backupShape } from './backup.ts';
import { egressShape } from './egress.ts';
import { NETWORK_FORMAT } from './format.ts';
import { infrastructure } from './infrastructure.ts';
import { jobsShape } from './jobs.ts';
import { patchShape } from './patches.ts';
import { PRESET_NAMES } from './preset-names.ts';
import { rolloutShape, upgradeAtShape } from './rollout.ts';
import { serviceShape } from './service.ts';
import { partialSettingsShape } from './settings.ts';
import { SHA256 } from './software.ts';

const LABEL = 'expected small letters, digits and dashes, beginning with a letter';
export const label = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, { error: LABEL });

const spec = z.strictObject({
  file: z.string().optional().describe('Path of a chain specification, from the folder of this file.'),
  url: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Or the URL from which it is fetched.'),
  sha256: z.string().regex(SHA256, { error: 'expected 64 hexadecimal digits in lower case' }),
});

const chainShape = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .optional()
    .describe('A chain that the binary knows, such as polkadot, kusama, westend, paseo.'),
  spec: spec.optional().describe('Or a chain specification.'),
};

/** With the chain and its relay chain as many as the exporter reads. */
const MOST_PARACHAINS = 6;

const chain = z.strictObject({
  ...chainShape,
  relay: z.strictObject(chainShape).optional().describe('Makes the chain a parachain of this relay chain.'),
  parachains: z
    .record(label(20), z.strictObject(chainShape))
    .refine((named) => Object.keys(named).length <= MOST_PARACHAINS, {
      error: `expected at most ${MOST_PARACHAINS}`,
    })
    .optional()
    .describe(
      'More parachains of the same relay chain, by a name of your choice: {assets: {spec: {…}}}. At most 6.',
    ),
});

const cluster = z.strictObject({
  context: z.string().optional().describe('Context of the kubeconfig. Left out: the current one.'),
  namespace: label(63).optional().describe('Left out: the name of the network.'),
  admissionPolicy: z
    .boolean()
    .optional()
    .describe(
      'Hold validators and collators at one pod each, also against `kubectl scale`, and each Secret of seeds at one workload: a ValidatingAdmissionPolicy of the cluster. It needs Kubernetes 1.30 and the right to make such policies. Left out: false.',
    ),
  closedRanges: z
    .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'expected ADDRESS/BITS, such as 10.0.0.0/8' }))
    .max(32)
    .optional()
    .describe(
      'Addresses that pods never reach, for example the private network of the hosts: [10.0.0.0/8]. DNS, peers and permission services in pods of the cluster stay reachable on their ports. The credentials of a cloud are always closed.',
    ),
  egress: egressShape
    .optional()
    .describe(
      'Limits what pods of nodes reach outside the cluster to DNS, ports of peers, addresses in their settings, and the places named here. {} allows no others. Left out: every port, because peers choose their ports.',
    ),
  infrastructure: infrastructure
    .optional()
    .describe('The cloud of the cluster, for `fleet file render --format terraform`.'),
});

const machine = z.strictObject({
  host: z.string().regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/, { error: 'expected a host name or an address' }),
  port: z.int().min(1).max(65535).default(22),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .default('root')
    .describe(
      'Login user, who may use sudo without a password. Left out: root, also if your ssh_config names another one, so that every operator and runner logs in as the same user.',
    ),
});

const instance = z.strictObject(partialSettingsShape);

const pool = z.strictObject({
  role: z.enum(ROLES).optional(),
  runs: label(20)
    .optional()
    .describe(
      'Beside a parachain: relay makes nodes of the relay chain alone, and a name of `chain.parachains` nodes of that parachain. Left out: relay for validators, else chain.',
    ),
  count: z.int().min(0).max(1000).optional().describe('Nodes at `place`.'),
  place: label(20).optional().describe('A cluster or machine. Left out: the only one of the file.'),
  places: z
    .record(label(20), z.int().min(0).max(1000))
    .optional()
    .describe('Nodes by place, instead of `count` and `place`: {east: 2, west: 1}.'),
  ...partialSettingsShape,
  instances: z
    .record(z.string(), instance)
    .optional()
    .describe('Settings of single nodes that differ, by PLACE-NUMBER: {east-0: {…}}.'),
});

/** A network file as it is written. */
export const networkSchema = z.strictObject({
  format: z.literal(NETWORK_FORMAT),
  name: label(20).describe('Marks everything that belongs to it.'),
  preset: z.enum(PRESET_NAMES).optional().describe('Pools to begin with; `pools` changes them.'),
  chain,
  clusters: z.record(label(20), cluster).optional(),
  machines: z.record(label(20), machine).optional(),
  monitoringNamespace: label(63)
    .optional()
    .describe('Namespace from which metrics are read. Left out: monitoring.'),
  toolsImage: z
    .string()
    .regex(/@sha256:[0-9a-f]{64}$/, { error: 'expected an image by digest' })
    .optional()
    .describe('Image with sh, wget and sha256sum, to fetch a chain specification.'),
  defaults: instance.optional().describe('Settings of all pools.'),
  pools: z.record(label(20), pool).optional(),
  service: serviceShape
    .optional()
    .describe('The permission service: three on one ledger, which nodes ask by `duty: {service: NAME}`.'),
  patches: z
    .array(patchShape)
    .max(100)
    .optional()
    .describe(
      'Changes of single objects of clusters, for which there is no setting: strategic merge patches.',
    ),
  rollout: rolloutShape
    .optional()
    .describe('How `fleet nodes rollout` and `fleet apply` change nodes that run: stages, checks, waits.'),
  backup: backupShape.optional().describe('Defaults for the flags of `fleet backup`.'),
  jobs: jobsShape
    .optional()
    .describe('CronJobs for backups and for the growth of volumes: `fleet file render --format jobs`.'),
  upgradeAt: upgradeAtShape
    .optional()
    .describe(
      'When `fleet nodes rollout` begins, read from finalised blocks: {block: N}, {spec: N} or {time: …}.',
    ),
});

export type NetworkFile = z.infer<typeof networkSchema>;
export type PoolFile = z.infer<typeof pool>;
