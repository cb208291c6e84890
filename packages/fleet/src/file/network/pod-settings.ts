import { z } from 'zod';
import { IMAGE_BY_DIGEST } from './software.ts';

const SEGMENT = '[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const DOMAIN = '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?';
const KEY = new RegExp(`^(${DOMAIN}/)?${SEGMENT}$`);
const markKey = z.string().regex(KEY, { error: 'expected NAME or DOMAIN/NAME, such as example.org/team' });
/**
 * One line: a unit of systemd takes a line for the end of a value. Editors read the pattern without its
 * flags.
 */
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[ -~\u00a0-\uffff]*$/, { error: 'expected a text without line breaks and control characters' });

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: 'expected letters, digits and underscores, such as RUST_BACKTRACE',
});

export const environment = z
  .record(environmentName, line(4096))
  .describe('Environment variables of the node, as texts: {RUST_BACKTRACE: "1"}. Never a secret.');

export const annotations = z
  .record(markKey, line(4096))
  .describe('Annotations of the pods and of their StatefulSet.');

export const labels = z
  .record(
    markKey,
    z.string().regex(new RegExp(`^(${SEGMENT})?$`), {
      error: 'expected at most 63 letters, digits, dots, dashes and underscores',
    }),
  )
  .describe('Labels of the pods and of their StatefulSet, such as {team: staking}.');

const identity = z.int().min(1).max(2_147_483_647);

export const runAs = z.strictObject({
  user: identity.describe(
    'User id of the containers (runAsUser). If you change it later, change `group` too: existing files are then given to the new group.',
  ),
  group: identity.describe('Group id of the containers and of their volumes (runAsGroup, fsGroup).'),
});

export const startup = z.strictObject({
  periodSeconds: z.int().min(1).max(3600).describe('Seconds between two startup probes.'),
  failureThreshold: z
    .int()
    .min(1)
    .max(100_000)
    .describe(
      'Failed startup probes after which the pod is restarted. Raise it for a long database migration: 10 s x 60 is ten minutes.',
    ),
});

export const toleration = z
  .strictObject({
    key: markKey.optional().describe('Key of the taint. Left out with operator Exists: every taint.'),
    operator: z.enum(['Equal', 'Exists']).optional().describe('Left out: Equal.'),
    value: z.string().max(63).optional().describe('Value of the taint, for operator Equal.'),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('Left out: every effect.'),
    tolerationSeconds: z
      .int()
      .min(0)
      .max(31_536_000)
      .optional()
      .describe('For effect NoExecute: how long the pod stays.'),
  })
  .refine(({ operator, key, value }) => (operator === 'Exists' ? value === undefined : key !== undefined), {
    error: 'expected a key, or operator Exists without a value',
  })
  .refine(({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === 'NoExecute', {
    error: 'expected tolerationSeconds with effect NoExecute only',
  });

const affinityPart = z.record(z.string(), z.unknown()).optional();

export const affinity = z.strictObject({
  nodeAffinity: affinityPart.describe('As in the API of Kubernetes (core/v1 NodeAffinity).'),
  podAffinity: affinityPart.describe('As in the API of Kubernetes (core/v1 PodAffinity).'),
  podAntiAffinity: affinityPart.describe('As in the API of Kubernetes (core/v1 PodAntiAffinity).'),
});

/** Volumes of a pod that an extra container may mount. None of them ever holds a key of a session. */
export const EXTRA_VOLUMES = ['data', 'relay', 'tmp'] as const;

const word = line(4096);

export const extraContainer = z.strictObject({
  name: z
    .string()
    .max(40)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, { error: 'expected small letters, digits and dashes' })
    .describe('Name of the container in its pod.'),
  image: z
    .string()
    .regex(IMAGE_BY_DIGEST, { error: 'expected an image by digest: REPOSITORY@sha256:…' })
    .describe('Image by digest.'),
  command: z.array(word).max(64).optional().describe('Left out: the entry point of the image.'),
  args: z.array(word).max(64).optional().describe('Arguments of the command.'),
  environment: environment.optional().describe('Environment variables, as texts. Never a secret.'),
  volumes: z
    .array(z.enum(EXTRA_VOLUMES))
    .optional()
    .describe('Volumes of the pod that it may read, mounted at /data, /relay and /tmp. /tmp is writable.'),
  cpu: z.number().min(0.01).max(64).describe('CPUs that are requested.'),
  memoryGiB: z.number().min(0.01).max(512).describe('Memory that is requested, and its limit.'),
});
export type ExtraContainer = z.infer<typeof extraContainer>;
