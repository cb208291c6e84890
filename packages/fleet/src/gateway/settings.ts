import { isLoopback } from '@watchbill/kit';
import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash, underscore');
const pattern = z.string().regex(/^[A-Za-z0-9_]+\*?$|^\*$/, 'a method, or its beginning and `*`');
const wsUrl = z.url({ protocol: /^wss?$/, error: 'an address such as ws://127.0.0.1:9944' });
const perSecond = z.number().positive().max(1_000_000);

/** Rights of one kind of caller. */
export const tierShape = z.strictObject({
  /** Methods, or their beginnings with `*`. Unsafe ones stay refused. */
  methods: z.array(pattern).min(1),
  requestsPerSecond: perSecond,
  /** Requests at once after a pause. */
  burst: z.int().min(1).max(1_000_000),
  connections: z.int().min(1).max(100_000).default(8),
  subscriptionsPerConnection: z.int().min(0).max(10_000).default(32),
  /** Requests in one batch. */
  batch: z.int().min(1).max(1_000).default(20),
});

const jwtShape = z.strictObject({
  algorithm: z.enum(['EdDSA', 'ES256', 'RS256', 'HS256']),
  /** File with the public key as PEM; for HS256 with the secret, at least 32 bytes. */
  keyFile: z.string().min(1),
  issuer: z.string().min(1),
  audience: z.string().min(1),
  /** Claim with the name of the tier. */
  tierClaim: z.string().min(1).default('tier'),
});

const listenShape = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
});

/** The file of a gateway. Unknown keys are refused. */
export const gatewayShape = z
  .strictObject({
    listen: listenShape.extend({
      tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }).optional(),
      /**
       * TLS ends in front of the gateway: then it may listen without TLS on addresses other than loopback.
       */
      behindTls: z.boolean().default(false),
    }),
    /** Metrics, health and readiness; apart, since they are for operators. */
    admin: listenShape
      .extend({
        /**
         * A network policy admits only the reader of metrics: then it may listen on addresses other than
         * loopback.
         */
        behindPolicy: z.boolean().default(false),
      })
      .default({ host: '127.0.0.1', port: 0, behindPolicy: false }),
    /** Hash of block 0. Without it all backends must agree. */
    genesis: z
      .string()
      .regex(/^0x[0-9a-f]{64}$/)
      .optional(),
    backends: z
      .array(z.strictObject({ name, url: wsUrl }))
      .min(1)
      .max(256),
    pool: z
      .strictObject({
        checkIntervalMs: z.int().min(100).max(600_000).default(2_000),
        /** Blocks behind the best of the pool. */
        mostLag: z.int().min(0).max(100_000).default(5),
        /** Of one request to a node. */
        timeoutMs: z.int().min(100).max(600_000).default(20_000),
        /**
         * How long a node may be out of sync before the gateway closes its connections, so that clients
         * connect again.
         */
        evictAfterMs: z.int().min(1_000).default(20_000),
        connectionsPerBackend: z.int().min(1).max(4_096).default(128),
      })
      .prefault({}),
    tiers: z.record(name, tierShape),
    /** The tier of callers without credentials, counted by address; null refuses them. */
    anonymous: name.nullable().default(null),
    /** Keys as `watchbill fleet services gateway key` writes them. */
    keysFile: z.string().min(1).optional(),
    jwt: jwtShape.optional(),
    /** Costs of requests, instead of 1. */
    costs: z.record(pattern, z.number().positive().max(10_000)).default({}),
    /** Origins of pages that may ask; `*` for all. Requests without an origin are not of pages. */
    origins: z.array(z.string().min(1)).default([]),
    /** Addresses and ranges of proxies whose X-Forwarded-For header counts. */
    trustedProxies: z
      .array(
        z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
          error: 'expected an address or a range, for example 10.0.0.7 or 10.0.0.0/16',
        }),
      )
      .default([]),
    limits: z
      .strictObject({
        bodyBytes: z
          .int()
          .min(1_024)
          .max(64 << 20)
          .default(1 << 20),
        responseBytes: z
          .int()
          .min(1_024)
          .max(1 << 30)
          .default(16 << 20),
        inFlight: z.int().min(1).max(100_000).default(2_048),
        connections: z.int().min(1).max(100_000).default(4_096),
        callers: z.int().min(1).max(1_000_000).default(50_000),
        /** Bytes that wait for a slow reader, a caller or a node, before the connection ends. */
        bufferedBytes: z
          .int()
          .min(65_536)
          .default(8 << 20),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (settings.anonymous !== null && !Object.hasOwn(settings.tiers, settings.anonymous))
      refuse(['anonymous'], `there is no tier ${JSON.stringify(settings.anonymous)}`);
    const names = settings.backends.map((backend) => backend.name);
    for (const [at, one] of names.entries())
      if (names.indexOf(one) < at) refuse(['backends', at, 'name'], `${one} stands twice`);
    if (settings.anonymous === null && settings.keysFile === undefined && settings.jwt === undefined)
      refuse(['anonymous'], 'every caller would be refused: name a tier, or set keysFile or jwt');
    const { host, tls, behindTls } = settings.listen;
    if (!isLoopback(host) && tls === undefined && !behindTls)
      refuse(
        ['listen', 'host'],
        `keys would cross the network in clear text on ${host}: set tls, or behindTls: true if TLS ends in front of the gateway`,
      );
    if (!isLoopback(settings.admin.host) && !settings.admin.behindPolicy)
      refuse(
        ['admin', 'host'],
        'metrics and health are for this machine: use 127.0.0.1 and a tunnel, or set behindPolicy: true if a network policy keeps others away',
      );
  });

export type GatewaySettings = Readonly<z.output<typeof gatewayShape>>;
export type Tier = Readonly<z.output<typeof tierShape>>;
