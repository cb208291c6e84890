import { X509Certificate } from 'node:crypto';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { systemClock } from '@watchbill/kit';
import { createLogger } from '@watchbill/kit/log';
import type { Logger } from 'pino';
import { createDeadlines } from '../claim/times.ts';
import type { ServedPermit } from '../contract.ts';
import { settleWithin } from '../ground/settle.ts';
import { createMeter, type Metrics } from '../metrics/meter.ts';
import { admitConnections } from './admission.ts';
import { buildApp } from './app.ts';
import { answerStarting, trackConnections } from './before-routes.ts';
import { DEFAULT_LIMITS, type HttpContext, type Limits } from './context.ts';
import { HELP_FOLDER } from './help.ts';
import { checkAddress, type ListenAddress, listen } from './listen.ts';
import { demoOrder, originalHandler } from './original/handler.ts';
import { isOriginal } from './original/path.ts';
import { type MakePages, servedPages } from './served-pages.ts';

/** PEM texts. With `clientCa`, certificates of that authority are identities: CN is the name, OU the role. */
export interface TlsOptions {
  readonly key: string;
  readonly cert: string;
  readonly clientCa?: string;
}

export interface ServerOptions {
  readonly listen: ListenAddress;
  readonly version: string;
  readonly tls?: TlsOptions;
  /** By default made by {@link createLogger}. */
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly limits?: Partial<Limits>;
  /** Opens `/original/authorize_fix_order/{node}` with this list. For demonstrations only. */
  readonly demoOrder?: readonly string[];
  /** Pages for people, for example the console. */
  readonly pages?: MakePages;
  /** The folder of the documentation; by default that of this version. */
  readonly help?: URL;
}

export interface RunningServer {
  /** `http://…`, `https://…` or `unix:<path>`. */
  readonly url: string;
  /**
   * Take no more connections, end the streams, wait for running requests up to this long, then cut the rest.
   * Idempotent.
   */
  close(timeoutMs: number): Promise<void>;
}

const CHECK_CONNECTIONS_MS = 500;
const MAX_HEADER_BYTES = 8_192;

/**
 * Take the address before anything else: until `serve` gets a permit, every request is answered 503. Throws a
 * PermitFault if it must not or cannot be opened (`address-needs-tls`, `address-in-use`, `address-refused`,
 * `socket-path-taken`).
 */
export async function openServer(options: ServerOptions) {
  checkAddress(options.listen, options.tls !== undefined);
  const metrics = options.metrics ?? createMeter({ version: options.version });
  const log = options.logger ?? createLogger();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connections = trackConnections();
  let handle: RequestListener = answerStarting;
  const server = makeServer(options.tls, { metrics, log, limits });
  const deadlines = createDeadlines(systemClock());
  const admission = admitConnections(server, limits, metrics, log, deadlines);
  const parts = { metrics, log, limits, belongs: admission.belongs, deadlines };
  const dispatch: RequestListener = (request, response) => {
    admission.began(request, response);
    connections.began(request, response);
    handle(request, response);
  };
  server.on('request', dispatch);
  server.on('checkExpectation', dispatch);
  server.on('clientError', connections.broken);
  const url = await listen(server, options.listen, options.tls === undefined ? 'http' : 'https');
  return {
    url,
    serve: (permit: ServedPermit): Promise<RunningServer> =>
      serve({ permit, options, parts, server, url }, (next) => {
        handle = next;
      }),
    /** Release the address without having served. */
    close: async (): Promise<void> => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
  };
}

/** Serve a permit over HTTP: {@link openServer} and its `serve` in one. */
export async function createServer(permit: ServedPermit, options: ServerOptions): Promise<RunningServer> {
  return (await openServer(options)).serve(permit);
}

type ServerParts = Pick<HttpContext, 'metrics' | 'log' | 'limits' | 'belongs' | 'deadlines'>;

interface Serving {
  readonly permit: ServedPermit;
  readonly options: ServerOptions;
  readonly parts: ServerParts;
  readonly server: Server;
  readonly url: string;
}

async function serve(
  { permit, options, parts, server, url }: Serving,
  handleBy: (handle: RequestListener) => void,
): Promise<RunningServer> {
  const stopping = new AbortController();
  const { version, help = HELP_FOLDER } = options;
  const context = { ...parts, permit, version, help, stopping: stopping.signal };
  const app = await buildApp(context);
  const original = originalHandler(context, options.demoOrder ? demoOrder(options.demoOrder) : null);
  const pages = servedPages(options.pages, context, options.listen, options.tls !== undefined);
  handleBy((request, response) => {
    if (isOriginal(request.url ?? '')) original(request, response);
    else if (pages?.owns(request.url ?? '') === true) pages.handle(request, response);
    else app.handle(request, response);
  });
  context.log.info({ event: 'listening', url }, 'listening');

  let closed: Promise<void> | null = null;
  const close = async (timeoutMs: number): Promise<void> => {
    stopping.abort();
    const ended = new Promise<true>((resolve) => server.close(() => resolve(true)));
    app.endStreams();
    pages?.close();
    server.closeIdleConnections();
    if ((await settleWithin(ended, timeoutMs)) === null) {
      context.log.warn({ event: 'close-cut' }, 'cut what was still under way');
      server.closeAllConnections();
      await ended;
    }
    await app.fastify.close();
    context.log.info({ event: 'closed', url }, 'closed');
  };
  return {
    url,
    close: (timeoutMs) => {
      closed ??= close(timeoutMs);
      return closed;
    },
  };
}

function makeServer(
  tls: TlsOptions | undefined,
  { limits, log, metrics }: Pick<ServerParts, 'limits' | 'log' | 'metrics'>,
): Server {
  const settings = {
    // Node refuses a header that may take longer than the whole request.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A request without a Host header also gets an answer in the form that its client reads.
    requireHostHeader: false,
  };
  const server =
    tls === undefined ? createHttpServer(settings) : createHttpsServer({ ...settings, ...tlsSettings(tls) });
  if (tls !== undefined) metrics.certificateEnd(new X509Certificate(tls.cert).validToDate.getTime());
  // Only a last bound, above the quiet and the held ones: admitConnections chooses which connection to close.
  server.maxConnections = 2 * limits.maxConnections + 1;
  server.timeout = limits.idleMs;
  server.on('drop', () => metrics.rejected('too-many-connections'));
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    log.debug({ event: 'tls-refused', code: error.code }, 'a TLS connection was refused');
    metrics.rejected('tls');
  });
  return server;
}

function tlsSettings({ key, cert, clientCa: ca }: TlsOptions) {
  const settings = { key, cert, minVersion: 'TLSv1.2' as const, handshakeTimeout: 10_000 };
  if (ca === undefined) return settings;
  // A bad certificate is answered with a problem document, and not by a broken connection.
  return { ...settings, ca, requestCert: true, rejectUnauthorized: false };
}
