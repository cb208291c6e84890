import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type Duty, dutyTable } from '@watchbill/duty';
import type { Logger } from 'pino';
import type { Permit } from '../contract.ts';
import { createMeter, type Metrics } from '../metrics/meter.ts';
import { buildApp } from './app.ts';
import { trackConnections } from './client-error.ts';
import { DEFAULT_LIMITS, type HttpContext, type Limits } from './context.ts';
import { createFlight } from './flight.ts';
import { checkAddress, type ListenAddress, listen } from './listen.ts';
import { createLogger } from './logger.ts';
import { originalHandler } from './original/handler.ts';
import { demoOrder } from './original/order.ts';
import { isOriginal } from './original/path.ts';
import { settleWithin } from './settle.ts';

/** PEM texts. With `clientCa`, certificates of that authority are identities: CN is the name, OU the role. */
export interface TlsOptions {
  readonly key: string;
  readonly cert: string;
  readonly clientCa?: string;
  /** Refuse connections without a valid client certificate before any request. Default false: tokens work too. */
  readonly requireClientCertificate?: boolean;
}

export interface ServerOptions {
  readonly listen: ListenAddress;
  readonly version: string;
  readonly tls?: TlsOptions;
  /** Made by {@link createLogger} where none is given. */
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly limits?: Partial<Limits>;
  readonly duties?: readonly Duty[];
  /** Opens `/original/authorize_fix_order/{node}` with this list. For demonstrations only. */
  readonly demoOrder?: readonly string[];
}

export interface RunningServer {
  /** `http://…`, `https://…` or `unix:<path>`. */
  readonly url: string;
  /**
   * Take no more connections, end the streams, wait for requests under way up to this long, then cut what is left.
   * Idempotent.
   */
  close(timeoutMs: number): Promise<void>;
}

const CHECK_CONNECTIONS_MS = 500;
const MAX_HEADER_BYTES = 8_192;

/**
 * Serve a permit over HTTP. Throws a PermitFault where the address must not or cannot be opened
 * (`address-needs-tls`, `address-in-use`, `address-refused`, `socket-path-taken`).
 */
export async function createServer(permit: Permit, options: ServerOptions): Promise<RunningServer> {
  checkAddress(options.listen, options.tls !== undefined);
  const stopping = new AbortController();
  const context = contextOf(permit, options, stopping.signal);
  const app = await buildApp(context);
  const original = originalHandler(context, options.demoOrder ? demoOrder(options.demoOrder) : null);
  const connections = trackConnections();
  const dispatch: RequestListener = (request, response) => {
    connections.began(request, response);
    if (isOriginal(request.url ?? '')) original(request, response);
    else app.fastify.routing(request, response);
  };
  const server = makeServer(options.tls, context, dispatch);
  server.on('checkExpectation', dispatch);
  server.on('clientError', connections.broken);
  const url = await listen(server, options.listen, options.tls === undefined ? 'http' : 'https');
  context.log.info({ event: 'listening', url }, 'listening');

  let closed: Promise<void> | null = null;
  const close = async (timeoutMs: number): Promise<void> => {
    stopping.abort();
    const ended = new Promise<true>((resolve) => server.close(() => resolve(true)));
    app.endStreams();
    server.closeIdleConnections();
    if ((await settleWithin(ended, timeoutMs)) === null) {
      context.log.warn(
        { event: 'close-cut', inFlight: context.flight.count() },
        'cut what was still under way',
      );
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

/** What the parts of the server work with, from its options. */
export function contextOf(
  permit: Permit,
  options: Omit<ServerOptions, 'listen' | 'tls' | 'demoOrder'>,
  stopping: AbortSignal,
): HttpContext {
  const metrics = options.metrics ?? createMeter({ version: options.version });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return {
    permit,
    log: options.logger ?? createLogger(),
    metrics,
    duties: dutyTable(options.duties),
    limits,
    flight: createFlight(limits.maxInFlight, metrics.inFlight),
    version: options.version,
    stopping,
  };
}

function makeServer(tls: TlsOptions | undefined, context: HttpContext, dispatch: RequestListener): Server {
  const { limits, log, metrics } = context;
  const settings = {
    // Node refuses a header that may take longer than the whole request.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A missing Host is no reason to answer anything but what the client can read.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createHttpServer(settings, dispatch)
      : createHttpsServer({ ...settings, ...tlsSettings(tls) }, dispatch);
  server.maxConnections = limits.maxConnections;
  server.timeout = limits.idleMs;
  server.on('drop', () => metrics.rejected('too-many-connections'));
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    log.debug({ event: 'tls-refused', code: error.code }, 'a TLS connection was refused');
    metrics.rejected('tls');
  });
  return server;
}

function tlsSettings(tls: TlsOptions) {
  return {
    key: tls.key,
    cert: tls.cert,
    minVersion: 'TLSv1.2' as const,
    handshakeTimeout: 10_000,
    ...(tls.clientCa === undefined
      ? {}
      : {
          ca: tls.clientCa,
          requestCert: true,
          // Without it a bad certificate is answered with a problem document instead of a broken connection.
          rejectUnauthorized: tls.requireClientCertificate === true,
        }),
  };
}
