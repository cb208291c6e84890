import { z } from 'zod';
import { JOBS } from '../jobs/all-jobs.ts';
import { OLDEST_HEAD_MS } from '../rounds/heads.ts';
import { SEVERITIES } from '../storage/port.ts';

const file = z
  .string()
  .min(1)
  .max(4_096)
  .describe('a path; a relative one begins at the folder of the configuration');
const address = z.string().min(1).max(2_048);
const seconds = z
  .number()
  .min(1)
  .max(31 * 86_400);
const port = z.int().min(0).max(65_535);

/** Secrets are in separate files that only their owner may read. */
const secretFile = file.describe('a file whose first line is the secret; chmod 600');

const databaseShape = z.union([
  z.strictObject({ file: file.describe('SQLite; created if missing') }),
  z.strictObject({
    urlFile: secretFile.describe('a file with postgresql://USER:PASSWORD@HOST:PORT/DATABASE'),
  }),
]);

const endpoints = z
  .array(z.string().regex(/^(ws|wss|http|https):\/\//, 'write ws://, wss://, http:// or https://'))
  .min(1)
  .max(16);

const chainsShape = z.union([
  z.strictObject({
    recorded: file.describe('a recorded snapshot, for trials: no chain is contacted'),
    eraSeconds: seconds.default(60).describe('how long an era lasts there'),
    genesis: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/, 'write 0x and 64 digits')
      .optional()
      .describe('hash of block 0 of the chain whose nodes telemetry reports; without it, no feed is read'),
  }),
  z.strictObject({
    staking: endpoints.describe(
      'the chain with stakes and proxies: Asset Hub, or the relay chain of older networks',
    ),
    relay: endpoints.optional().describe('the relay chain; the staking chain if left out'),
    identity: endpoints.optional().describe('the People chain; the staking chain if left out'),
    genesis: z
      .strictObject({
        staking: z.string().nullable(),
        relay: z.string().nullable(),
        identity: z.string().nullable(),
      })
      .partial()
      .default({})
      .describe('hashes of block 0, 0x and 64 digits; without them the first endpoints decide'),
    callSeconds: z
      .number()
      .min(1)
      .max(600)
      .default(8)
      .describe('how long an endpoint may take to answer one call; then the next one is asked'),
    oldestHeadSeconds: z
      .number()
      .min(60)
      .max(31 * 86_400)
      .nullable()
      .default(OLDEST_HEAD_MS / 1_000)
      .describe(
        'no round is made and no transaction is signed while the finalised block of a role is older by its own time; null: no bound, for chains whose clock differs from real time',
      ),
  }),
]);

const placesShape = z
  .strictObject({
    table: file
      .optional()
      .describe(
        'CSV with network, country, asn, provider, region, city, kind, or ranges with tabs; may be gzip',
      ),
    command: z
      .array(z.string().max(4_096))
      .min(1)
      .max(64)
      .optional()
      .describe('a program that gets addresses: one line of JSON in, one out'),
    timeoutSeconds: seconds.default(10).describe('time limit of one answer of the program'),
    addresses: file.optional().describe('JSON object: from stash to the address or DNS name of its node'),
    resolveSeconds: seconds.default(5).describe('time limit for resolving a DNS name'),
  })
  .refine(
    ({ table, command }) => (table === undefined) !== (command === undefined),
    'write `table` or `command`, one of them',
  );

const account = z.string().min(1).max(128).describe('an address, or 0x and 64 digits');
const scheme = z.enum(['sr25519', 'ed25519']).default('sr25519');

const signerShape = z.union([
  z.strictObject({ keyFile: file, passphraseFile: secretFile }),
  z.strictObject({
    command: z
      .array(z.string().max(4_096))
      .min(1)
      .max(64)
      .describe('a program that signs: JSON in, JSON out'),
    account,
    scheme,
    timeoutSeconds: seconds
      .default(60)
      .describe('time limit of one signature, at most 600; other nominators do not wait for it'),
  }),
  z.strictObject({
    folder: file.describe('folder for payloads to sign and for signatures'),
    account,
    scheme,
  }),
]);

const channelCommon = {
  name: z.string().min(1).max(64),
  least: z.enum(SEVERITIES).default('warning').describe('lower severities are not sent there'),
  perMinute: z.int().min(1).max(600).default(20),
};

const channelShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('matrix'),
    ...channelCommon,
    baseUrl: address,
    room: address,
    tokenFile: secretFile,
  }),
  z.strictObject({ kind: z.literal('slack'), ...channelCommon, urlFile: secretFile }),
  z.strictObject({
    kind: z.literal('telegram'),
    ...channelCommon,
    baseUrl: address.default('https://api.telegram.org'),
    tokenFile: secretFile,
    chat: z.string().min(1).max(64),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    ...channelCommon,
    urlFile: secretFile,
    tokenFile: secretFile.optional(),
  }),
]);

const names = JOBS.map(({ name }) => name) as [string, ...string[]];

/** The configuration of a running programme. */
export const serviceShape = z.strictObject({
  version: z.literal(1),
  purpose: z
    .enum(['development', 'production'])
    .default('production')
    .describe('development: short intervals, for trials; production: intervals that follow the chain'),
  programme: file.default('programme.yaml').describe('the rules, as `watchbill nominate init` writes them'),
  modules: z.array(file).max(64).default([]).describe('custom checks: code that runs with all your rights'),
  candidates: z.strictObject({
    source: address.describe('a path, or https://…'),
    allowHttp: z
      .boolean()
      .default(false)
      .describe('also accept http:// for the list: anyone on the way can then change it'),
    goodRestOnly: z.boolean().default(false).describe('use valid entries even if others have an error'),
  }),
  network: z
    .strictObject({
      prefix: z.int().min(0).max(16_383),
      decimals: z.int().min(0).max(30),
      symbol: z.string().min(1).max(16),
      nodesPerOperator: z.int().min(1).max(1_000).nullable().default(null),
    })
    .optional()
    .describe('needed for networks other than kusama and polkadot'),
  database: databaseShape.default({ file: 'programme.db' }),
  chains: chainsShape,
  telemetry: z
    .array(z.strictObject({ name: z.string().min(1).max(64), url: address }))
    .max(16)
    .default([])
    .describe('feeds of telemetry servers'),
  releases: z
    .array(z.strictObject({ client: z.string().min(1).max(256), url: address }))
    .max(16)
    .default([])
    .describe('by client: the address of its list of releases, in the format of GitHub'),
  kusama: address
    .nullable()
    .default(null)
    .describe('the list of candidates that the Kusama programme publishes'),
  kusamaLeast: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .default(null)
    .describe('a list with fewer candidates counts as broken; null: half of the previous list'),
  places: placesShape
    .optional()
    .describe(
      'source of places for addresses of nodes: a table on this machine, or a program; without it no lookup is made',
    ),
  send: z.boolean().default(false).describe('false: a dry run, which neither signs nor sends'),
  transactions: z
    .strictObject({
      periodBlocks: z
        .int()
        .min(4)
        .max(4_096)
        .refine((blocks) => Number.isInteger(Math.log2(blocks)), 'write a power of two')
        .default(64)
        .describe(
          'how long an extrinsic may land, in blocks of the staking chain; a person who signs needs more',
        ),
      maxTries: z
        .int()
        .min(1)
        .max(100)
        .default(6)
        .describe('failed tries after which the intent waits for a person'),
      pauseBlocks: z
        .int()
        .min(1)
        .max(512)
        .default(8)
        .describe('pause after the first failed try; it doubles with each further one'),
      tipPlanck: z
        .string()
        .regex(/^\d{1,30}$/, 'write planck as digits in quotes, for example "1000000"')
        .default('0')
        .describe(
          'for the author of the block, beside the fee, for example "10000000" when the chain is congested; at most one whole token',
        ),
      inclusionBlocks: z
        .int()
        .min(1)
        .max(14_400)
        .default(30)
        .describe('how many relay blocks before an election an extrinsic needs to get into a block'),
      chill: z
        .boolean()
        .default(false)
        .describe(
          'true: a nominator whose targets on chain all break the rules stops nominating (`Staking.chill`)',
        ),
    })
    .prefault({}),
  signers: z
    .record(z.string().max(256), signerShape)
    .default({})
    .describe('signers by the name of their nominator'),
  notify: z.array(channelShape).max(16).default([]),
  listen: z
    .strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8_470) })
    .prefault({})
    .describe('API, pages and metrics'),
  title: z.string().min(1).max(256).default('Nomination programme'),
  workers: z
    .strictObject({
      queueFile: secretFile.optional().describe('a file with redis://HOST:PORT'),
      queue: z
        .string()
        .regex(
          /^rediss?:\/\/[^@]*$/,
          'write redis://HOST:PORT; put an address with a password into queueFile',
        )
        .optional(),
      name: z
        .string()
        .regex(/^[a-z0-9-]{1,64}$/)
        .default('programme'),
      board: z
        .strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8_471) })
        .prefault({}),
    })
    .optional()
    .describe('jobs on workers over a queue; if left out, one process runs all jobs'),
  jobs: z
    .strictObject({
      disabled: z.array(z.enum(names)).default([]).describe('jobs to switch off'),
      everySeconds: z.partialRecord(z.enum(names), seconds).default({}),
      atOnce: z.int().min(1).max(16).default(2),
    })
    .prefault({}),
  retention: z
    .strictObject({
      snapshots: z.int().min(2).max(1_000_000).default(2_000),
      scores: z.int().min(1).max(1_000_000).default(10_000),
      ended: z.int().min(10).max(1_000_000).default(5_000),
      eras: z.int().min(84).max(100_000).default(4_000),
      periods: z
        .int()
        .min(16)
        .max(100_000)
        .default(128)
        .describe('periods of each candidate, one by one; older ones become one digest'),
    })
    .prefault({}),
  payoutWarningEras: z.int().min(1).max(1_000).default(14),
  drainSeconds: seconds.default(20).describe('time for running jobs to finish after SIGTERM'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['text', 'json']).default('text'),
    })
    .prefault({}),
});

export type ServiceConfig = Readonly<z.output<typeof serviceShape>>;
export type ChannelConfig = ServiceConfig['notify'][number];
export type SignerConfig = ServiceConfig['signers'][string];
