import { z } from 'zod';
import { toleration } from './pod-settings.ts';
import { IMAGE_BY_DIGEST } from './software.ts';

const objectName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
    error: 'expected the name of a Secret: small letters, digits and dashes',
  });
const image = z.string().regex(IMAGE_BY_DIGEST, {
  error: 'expected an image by digest: REPOSITORY@sha256:… (a tag may be moved, a digest not)',
});

const volume = {
  sizeGiB: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Volume of each one, in GiB. Left out: 10; of etcd 20.'),
  class: z
    .string()
    .max(63)
    .nullable()
    .optional()
    .describe('Storage class; null: the default of the cluster.'),
};

const ownEtcd = z.strictObject({
  image: image.describe('Image of etcd 3.4 or later by digest.'),
  command: z
    .string()
    .regex(/^[A-Za-z0-9._/-]+$/)
    .optional()
    .describe('The executable in that image. Left out: etcd.'),
  tls: objectName.describe(
    'Secret with the certificate of the members, as server and as client, for all their names (entries `tls.crt`, `tls.key`), and the authority of peers and clients (`ca.crt`).',
  ),
  ...volume,
});

const ENDPOINT = 'expected https://HOST:PORT';

const store = z
  .strictObject({
    endpoints: z
      .array(
        z
          .string()
          .regex(/^(https:\/\/|http:\/\/)?[A-Za-z0-9.[\]:-]+:[0-9]{1,5}$/, { error: ENDPOINT })
          .refine((text) => URL.canParse(text.includes('//') ? text : `https://${text}`), {
            error: ENDPOINT,
          }),
      )
      .min(1)
      .max(9)
      .optional()
      .describe('Members of an etcd cluster that exists.'),
    etcd: ownEtcd.optional().describe('Or an etcd of three members in the same cluster.'),
    prefix: z
      .string()
      .regex(/^\/[A-Za-z0-9._/-]*\/$/, { error: 'expected /NAME/' })
      .optional()
      .describe('Prefix of every key; one for each ledger. Left out: /watchbill/.'),
    tls: objectName
      .optional()
      .describe(
        'Secret with the client certificate for etcd: entries `tls.crt`, `tls.key`, `ca.crt`; on machines `cert`, `key`, `ca`.',
      ),
    user: z.string().max(64).optional().describe('User name at etcd.'),
    password: objectName.optional().describe('Secret with the password of that user, entry `password`.'),
  })
  .refine(({ endpoints, etcd }) => (endpoints === undefined) !== (etcd === undefined), {
    error: 'expected either endpoints or etcd',
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'expected user and password together',
  });

const placement = z.strictObject({
  nodeSelector: z.record(z.string(), z.string()).optional().describe('Labels that a host must have.'),
  spread: z
    .enum(['require', 'prefer'])
    .optional()
    .describe('Whether two services must never share a host, or only avoid it. Left out: require.'),
  tolerations: z.array(toleration).max(32).optional().describe('Taints of hosts that the pods tolerate.'),
  priorityClassName: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, { error: 'expected the name of a PriorityClass' })
    .optional()
    .describe('A PriorityClass of the cluster.'),
});

/** The permission service of a network: three of them, on one ledger. */
export const serviceShape = z.strictObject({
  name: z
    .string()
    .max(20)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, {
      error: 'expected small letters, digits and dashes, beginning with a letter',
    })
    .describe('Name of the service; `duty.service` of a pool refers to it.'),
  places: z
    .array(z.string())
    .min(1)
    .max(3)
    .describe('One cluster, which runs three pods; or three machines, which run one unit each.'),
  image: image.optional().describe('Image of watchbill by digest, for a cluster. None is published.'),
  imagePullSecrets: z
    .array(objectName)
    .max(8)
    .optional()
    .describe('Secrets of the namespace with the credentials of private registries.'),
  command: z
    .string()
    .regex(/^[A-Za-z0-9._/-]+$/)
    .optional()
    .describe('The executable: its name in the image, or its path on machines. Left out: watchbill.'),
  port: z.int().min(1024).max(65535).optional().describe('Port of the services. Left out: 8450.'),
  tls: objectName.describe(
    'Secret with the certificate of the services for all their names (entries `tls.crt`, `tls.key`; on machines `cert`, `key`) and the authority of the others (`ca.crt`; on machines `ca`).',
  ),
  operator: objectName.describe(
    'Secret with the first operator token, entry `token`: the services make it known to a new ledger.',
  ),
  store: store.describe('The etcd under the ledger.'),
  storage: z
    .strictObject(volume)
    .optional()
    .describe('The volume of each service, with its memory of its grants.'),
  resources: z
    .strictObject({
      cpu: z.number().min(0.05).max(64).optional().describe('CPUs of each service. Left out: 0.5.'),
      memoryGiB: z.number().min(0.25).max(512).optional().describe('Memory of each service. Left out: 1.'),
    })
    .optional()
    .describe('CPU and memory of each service.'),
  placement: placement.optional().describe('Hosts on which the pods run.'),
});
export type ServiceFile = z.infer<typeof serviceShape>;
