import { z } from 'zod';

const file = z.string().min(1);

/** The block `store:` of a configuration. */
export const storeShape = z
  .strictObject({
    kind: z
      .enum(['sqlite', 'etcd', 'tikv'])
      .default('sqlite')
      .describe('`sqlite` for one service, `etcd` or `tikv` for several.'),
    path: file
      .optional()
      .describe(
        'File of the sqlite store, to keep it on another disk than the ledger. Without it, `ledger.db` in `service.dataDir` holds both, and a grant and its entry share one commit.',
      ),
    endpoints: z
      .array(z.string().regex(/^(https?:\/\/)?[^/\s@]+:\d+$/, 'expected host:port or https://host:port'))
      .default([])
      .describe('Members of the etcd cluster, or of PD for TiKV, as host:port or with http:// or https://.'),
    prefix: z
      .string()
      .default('/watchbill/')
      .describe('Prefix of every key in etcd or TiKV; one for each ledger.'),
    tls: z
      .strictObject({
        caFile: file
          .optional()
          .describe('Certificate authority that signed the certificates of etcd, or of PD and TiKV.'),
        certFile: file.optional().describe('Client certificate shown to etcd, or to PD and TiKV.'),
        keyFile: file.optional().describe('Private key of that certificate.'),
      })
      .prefault({})
      .describe('TLS towards etcd, or PD and TiKV.'),
    auth: z
      .strictObject({
        user: z.string().min(1).optional().describe('User name at etcd. TiKV has no users.'),
        passwordFile: file.optional().describe('File that holds the password of that user.'),
      })
      .prefault({})
      .describe('User and password at etcd.'),
    lockTtlMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(1_000)
      .describe(
        'With TiKV, how long records that a dead service had locked stop the others, in milliseconds.',
      ),
    timeoutMs: z
      .int()
      .min(50)
      .max(60_000)
      .default(1_500)
      .describe('Budget of one call to the store, in milliseconds.'),
  })
  .prefault({})
  .describe('The store under the ledger.');

/** The settings of a store, with their defaults. */
export type StoreSettings = z.output<typeof storeShape>;
