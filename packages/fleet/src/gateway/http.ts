import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import fastify, { type FastifyInstance } from 'fastify';
import type { GatewayContext } from './context.ts';
import { answerRequest, commonHeaders, type HttpReply } from './exchange.ts';
import { GatewayFault } from './gateway-fault.ts';
import { errorText, GATEWAY_ERRORS } from './rpc.ts';

const REQUEST_MS = 30_000;
/** Longer than proxies and clients keep connections, so that they, and not the gateway, close them. */
const KEEP_ALIVE_MS = 72_000;
const PATH = /^\/(?:k\/[^/?]{1,4096})?(?:\?.*)?$/;

/**
 * JSON-RPC over HTTP POST, at `/` and `/k/KEY`. Does not listen by itself. The plain server answers the
 * calls, because the framework's routing costs as much processor time as the answer; the framework handles
 * all other requests.
 */
export function gatewayHttp(context: GatewayContext): FastifyInstance {
  const { tls } = context.settings.listen;
  const https = tls === undefined ? null : tlsOf(tls);
  const app = fastify({
    // The factory makes the server; this gives the framework the scheme of its address.
    ...(https === null ? {} : { https }),
    serverFactory: (others) => serverOf(context, https, others as unknown as RequestListener),
    logger: false,
    // Connections of a stopping gateway end with their last answer.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 4_096 },
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, null);
  });
  app.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of commonHeaders(context, request.headers.origin)) reply.header(name, value);
  });
  for (const url of ['/', '/k/:key']) app.options(url, (_request, reply) => reply.code(204).send());
  const refusal = (message: string) => errorText(null, { code: GATEWAY_ERRORS.invalid, message });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('application/json').send(refusal('send requests by POST to /, or by WebSocket')),
  );
  app.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) tellFault(context, error);
    return reply.code(status).type('application/json').send(refusal('the request cannot be read'));
  });
  return app;
}

type Secrets = { readonly cert: Buffer; readonly key: Buffer };

function serverOf(context: GatewayContext, https: Secrets | null, others: RequestListener): Server {
  const listener: RequestListener = (request, response) => {
    const { method, url = '/' } = request;
    if (method !== 'POST' || !(url === '/' || PATH.test(url))) return others(request, response);
    answerRequest(context, request).then(
      (reply) => send(context, request.headers.origin, response, reply),
      (error: unknown) => {
        tellFault(context, error);
        const text = errorText(null, { code: GATEWAY_ERRORS.invalid, message: 'the request cannot be read' });
        send(context, request.headers.origin, response, { status: 500, text });
      },
    );
  };
  const timeouts = { requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true };
  return https === null
    ? createServer(timeouts, listener)
    : createTlsServer({ ...timeouts, ...https }, listener);
}

/** One write: head and text become one packet, and one wake-up of the reader. */
function send(
  context: GatewayContext,
  origin: string | undefined,
  response: Parameters<RequestListener>[1],
  { status, text, headers = [] }: HttpReply,
): void {
  const all: (string | number)[] = [];
  for (const [name, value] of commonHeaders(context, origin)) all.push(name, value);
  for (const [name, value] of headers) all.push(name, value);
  if (text !== '')
    all.push('content-type', 'application/json; charset=utf-8', 'content-length', Buffer.byteLength(text));
  response.writeHead(status, all as string[]);
  response.end(text);
}

function tellFault({ log }: GatewayContext, error: unknown): void {
  log.error({ event: 'gateway-fault', error: String(error) }, 'a request failed');
}

function tlsOf({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }): Secrets {
  try {
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new GatewayFault('settings', `the TLS files cannot be read: ${code}`, 'see listen.tls', error);
  }
}
