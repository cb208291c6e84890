import { z } from 'zod';
import { storeShape as store } from '../store/shape.ts';

const file = z.string().min(1);
const port = z.int().min(0).max(65_535);

const listen = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on. An address that others can reach needs TLS.'),
    port: port.default(8450).describe('TCP port; 0 lets the system choose one.'),
    socket: file.optional().describe('Path of a unix socket to listen on instead of host and port.'),
  })
  .prefault({})
  .describe('Where the service listens.');

const page = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  // The console shows it as a link.
  .refine((text) => !/^https?:[/]+[^/?#]*@/i.test(text), 'expected an address without user and password')
  .optional();

const service = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, at most 63')
      .default('watchbill')
      .describe('Name of this service for people, in logs and in the list of services.'),
    listen,
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address' })
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
    pages: z
      .strictObject({
        nominate: page.describe('The page of a nomination programme, by default on port 8470.'),
        coordinate: page.describe('The page of a member of a group, by default on port 8460.'),
        fleet: page.describe(
          'The exporter of the fleet, by default on port 9960, or another page about it, for example its dashboards in Grafana.',
        ),
      })
      .prefault({})
      .describe(
        'Pages of other capabilities. The console links to each, and shows its state in one sentence.',
      ),
  })
  .prefault({})
  .describe('This service.');

const tls = z
  .strictObject({
    certFile: file.optional().describe('Certificate of this service (PEM). With it the service uses HTTPS.'),
    keyFile: file.optional().describe('Private key of that certificate (PEM).'),
    clientCaFile: file
      .optional()
      .describe(
        'Authority of client certificates. With it a node may show a certificate instead of a token.',
      ),
    peerCaFile: file
      .optional()
      .describe(
        'Authority of the certificates of the other services; without it clientCaFile, else the ones of the system.',
      ),
  })
  .prefault({})
  .describe('TLS of the HTTP interface.');

const limits = z
  .strictObject({
    maxInFlight: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_024)
      .describe(
        'Claims under way at once. A node may have as many as places are free, for example half of all if it asks alone; more are answered 429 with Retry-After.',
      ),
    maxBodyBytes: z
      .int()
      .min(1_024)
      .max(16_777_216)
      .default(16_384)
      .describe('Largest request body in bytes; a larger one is answered 413.'),
    requestTimeoutMs: z
      .int()
      .min(1_000)
      .max(600_000)
      .default(10_000)
      .describe('How long a client may take to send its request, in milliseconds.'),
    drainTimeoutMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(10_000)
      .describe('How long work under way may take after SIGTERM, in milliseconds.'),
  })
  .prefault({})
  .describe('Bounds of the HTTP interface.');

const session = z
  .strictObject({
    ttlMs: z
      .int()
      .min(1_000)
      .max(30_000)
      .default(10_000)
      .describe(
        'Life of the session of this service in the store without a renewal, in milliseconds. A store that went back in time is noticed within a third of it.',
      ),
  })
  .prefault({})
  .describe('The session of this service in the store.');

const log = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Least severe event that is logged.'),
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('`json`: one object a line; `text`: for people.'),
  })
  .prefault({})
  .describe('The log, on standard error.');

const operator = z
  .strictObject({
    tokenFile: file
      .optional()
      .describe('File of the first operator token: `serve` makes it known to a new ledger, commands use it.'),
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address' })
      .optional()
      .describe('Address at which commands reach the service; without it, the address of `service.listen`.'),
    caFile: file.optional().describe('Authority that commands trust for the certificate of the service.'),
    certFile: file.optional().describe('Client certificate that commands show.'),
    keyFile: file.optional().describe('Private key of that certificate.'),
  })
  .prefault({})
  .describe('Connection of the commands of an operator.');

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
