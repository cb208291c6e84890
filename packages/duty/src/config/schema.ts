import { z } from 'zod';
import { storeShape as store } from '../store/shape.ts';

const file = z.string().min(1);
const address = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });

function fileFor(about: string) {
  return file.optional().describe(about);
}

function whole(least: number, most: number, fallback: number) {
  return z.int().min(least).max(most).default(fallback);
}

/** A section may be left out: each of its values then has its default. */
function section<Shape extends z.ZodRawShape>(about: string, shape: Shape) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(about);
}

const listen = section('Where the service listens.', {
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. An address that others can reach needs TLS.'),
  port: whole(0, 65_535, 8_450).describe('TCP port; 0 lets the system choose one.'),
  socket: fileFor('Path of a unix socket to listen on instead of host and port.'),
});

const page = address
  // The console shows it as a link.
  .refine((text) => !/^https?:[/]+[^/?#]*@/i.test(text), 'expected an address without user and password')
  .optional();

const service = section('This service.', {
  name: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, at most 63')
    .default('watchbill')
    .describe('Name of this service for people, in logs and in the list of services.'),
  listen,
  url: address
    .optional()
    .describe(
      'Address at which other services of the same store reach this one. Needed from the second service on.',
    ),
  dataDir: file
    .default('data')
    .describe(
      'Folder of the ledger of this service; made with mode 0700. Keep it on a disk that survives a restart.',
    ),
  console: z
    .enum(['auto', 'open', 'token', 'off'])
    .default('auto')
    .describe(
      'Page at `/`. `auto`: open for reading on loopback while the service has no token, else with a token; `open`: open for reading on loopback; `token`; `off`.',
    ),
  pages: section(
    'Pages of other capabilities. The console links to each, and shows its state in one sentence.',
    {
      nominate: page.describe('The page of a nomination programme, by default on port 8470.'),
      coordinate: page.describe('The page of a member of a group, by default on port 8460.'),
      fleet: page.describe(
        'The exporter of the fleet, by default on port 9960, or another page about it, for example its dashboards in Grafana.',
      ),
    },
  ),
});

const tls = section('TLS of the HTTP interface.', {
  certFile: fileFor('Certificate of this service (PEM). With it the service uses HTTPS.'),
  keyFile: fileFor('Private key of that certificate (PEM).'),
  clientCaFile: fileFor(
    'Authority of client certificates. With it a node may show a certificate instead of a token.',
  ),
  peerCaFile: fileFor(
    'Authority of the certificates of the other services; without it clientCaFile, else the ones of the system.',
  ),
});

const limits = section('Bounds of the HTTP interface.', {
  maxInFlight: whole(1, 100_000, 1_024).describe(
    'Claims under way at once. A node may have as many as places are free, for example half of all if it asks alone; more are answered 429 with Retry-After.',
  ),
  maxBodyBytes: whole(1_024, 16_777_216, 16_384).describe(
    'Largest request body in bytes; a larger one is answered 413.',
  ),
  requestTimeoutMs: whole(1_000, 600_000, 10_000).describe(
    'How long a client may take to send its request, in milliseconds.',
  ),
  drainTimeoutMs: whole(0, 600_000, 10_000).describe(
    'How long work under way may take after SIGTERM, in milliseconds.',
  ),
});

const session = section('The session of this service in the store.', {
  ttlMs: whole(1_000, 30_000, 10_000).describe(
    'Life of the session of this service in the store without a renewal, in milliseconds. A store that went back in time is noticed within a third of it.',
  ),
});

const log = section('The log, on standard error.', {
  level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe event that is logged.'),
  format: z.enum(['json', 'text']).default('json').describe('`json`: one object a line; `text`: for people.'),
});

const operator = section('Connection of the commands of an operator.', {
  tokenFile: fileFor(
    'File of the first operator token: `serve` makes it known to a new ledger, commands use it.',
  ),
  url: address
    .optional()
    .describe('Address at which commands reach the service; without it, the address of `service.listen`.'),
  caFile: fileFor('Authority that commands trust for the certificate of the service.'),
  certFile: fileFor('Client certificate that commands show.'),
  keyFile: fileFor('Private key of that certificate.'),
});

/** `watchbill.yaml`: settings of one service process. Settings of safety are in the policy. */
export const configSchema = z
  .strictObject({ service, store, tls, limits, session, log, operator })
  .describe('Configuration of one watchbill service.');

/** The effective configuration, defaults filled in. File names are as written. */
export type Config = z.output<typeof configSchema>;

/** JSON Schema (draft 2020-12) of the file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'watchbill.yaml', ...rest };
}
