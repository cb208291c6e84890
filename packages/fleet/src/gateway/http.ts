import { readFileSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type GatewayContext, sortRequests, spend, tierOf } from './context.ts';
import { GatewayFault } from './fault.ts';
import { errorTexts, forward, mergedBatch } from './forward.ts';
import { errorText, GATEWAY_ERRORS, type RpcError, type RpcRequest, readRequests } from './rpc.ts';

const REQUEST_MS = 30_000;
const RETRY_AFTER = { [GATEWAY_ERRORS.busy]: 1, [GATEWAY_ERRORS.unavailable]: 2 } as const;

/** JSON-RPC over HTTP POST, at `/` and `/k/KEY`. Listens on nothing by itself. */
export function gatewayHttp(context: GatewayContext): FastifyInstance {
  const { listen, limits } = context.settings;
  const app = fastify({
    ...(listen.tls === undefined ? {} : { https: tlsOf(listen.tls) }),
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: REQUEST_MS,
    // Connections of a stopping gateway end with their last answer.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 4_096 },
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    if (origin !== undefined && mayAsk(context, origin)) allowOrigin(reply, origin);
    if (context.stopping.aborted) reply.header('connection', 'close');
  });
  for (const url of ['/', '/k/:key']) {
    app.post(url, (request, reply) => answer(context, request, reply));
    app.options(url, (_request, reply) => reply.code(204).send());
  }
  app.setNotFoundHandler((_request, reply) =>
    fail(reply, 404, { code: GATEWAY_ERRORS.invalid, message: 'ask by POST at /, or by WebSocket' }),
  );
  app.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500)
      context.log.error({ event: 'gateway-fault', error: String(error) }, 'a request failed');
    const message =
      status === 413 ? `a body may have ${limits.bodyBytes} bytes` : 'the request cannot be read';
    return fail(reply, status, { code: GATEWAY_ERRORS.invalid, message });
  });
  return app;
}

function tlsOf({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }) {
  try {
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new GatewayFault('settings', `the TLS files cannot be read: ${code}`, 'see listen.tls', error);
  }
}

function mayAsk({ settings: { origins } }: GatewayContext, origin: string): boolean {
  return origins.includes('*') || origins.includes(origin);
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply
    .header('access-control-allow-origin', origin)
    .header('vary', 'origin')
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'content-type, authorization, x-api-key')
    .header('access-control-max-age', '600');
}

async function answer(context: GatewayContext, request: FastifyRequest, reply: FastifyReply) {
  const { limits } = context.settings;
  if (context.stopping.aborted || context.load.inFlight >= limits.inFlight) {
    context.metrics.requests('none', 'busy', 1);
    return fail(reply, 503, {
      code: GATEWAY_ERRORS.busy,
      message: 'too much is under way: try again in a second',
    });
  }
  context.load.inFlight += 1;
  try {
    return await admitted(context, request, reply);
  } finally {
    context.load.inFlight -= 1;
  }
}

async function admitted(context: GatewayContext, request: FastifyRequest, reply: FastifyReply) {
  const admission = await context.admissions.admit({
    headers: request.headers,
    path: request.url,
    socketAddress: request.socket.remoteAddress ?? '',
  });
  if (!admission.ok) {
    context.metrics.refusedCallers(admission.why);
    return fail(reply, admission.why === 'wrong-origin' ? 403 : 401, admissionError(admission.why));
  }
  const { caller } = admission;
  const reading = readRequests(String(request.body ?? ''), tierOf(context, caller).batch);
  if (!reading.ok) {
    context.metrics.requests(caller.tier, 'invalid', 1);
    return fail(reply, 400, reading.error);
  }
  const over = spend(context, caller, reading.requests);
  if (over !== null)
    return fail(reply.header('retry-after', Math.ceil(over.waitMs / 1_000)), 429, over.error);
  // A notification asks for no answer, and nothing that is offered here is done without one.
  const requests = reading.requests.filter(({ id }) => id !== undefined);
  const { allowed, refused } = sortRequests(context, caller, requests);
  const own = refused.map(({ request: { id }, error }) => errorText(id, error));
  const text = reading.isBatch
    ? await batchAnswer(context, allowed, own)
    : await singleAnswer(context, allowed, own[0] ?? '');
  return reply
    .code(text === '' ? 204 : 200)
    .type('application/json')
    .send(text);
}

export function admissionError(why: 'no-key' | 'wrong-key' | 'wrong-origin'): RpcError {
  const message = {
    'no-key': 'a key is needed: send it as `Authorization: Bearer KEY`',
    'wrong-key': 'the key is not known here, or no longer',
    'wrong-origin': 'pages of this origin may not ask',
  }[why];
  return { code: GATEWAY_ERRORS.unauthorised, message };
}

async function singleAnswer(
  context: GatewayContext,
  [request]: readonly RpcRequest[],
  own: string,
): Promise<string> {
  if (request === undefined) return own;
  const answered = await asked(context, [request], false);
  return answered.ok ? answered.text : errorText(request.id, answered.error);
}

async function batchAnswer(
  context: GatewayContext,
  allowed: readonly RpcRequest[],
  own: readonly string[],
): Promise<string> {
  if (allowed.length === 0) return own.length === 0 ? '' : mergedBatch(null, own);
  const answered = await asked(context, allowed, true);
  return answered.ok
    ? mergedBatch(answered.text, own)
    : mergedBatch(null, [...errorTexts(allowed, answered.error), ...own]);
}

async function asked(context: GatewayContext, requests: readonly RpcRequest[], isBatch: boolean) {
  const sinceMs = context.nowMs();
  const answered = await forward(context.pool, requests, isBatch, context.settings.pool.timeoutMs);
  context.metrics.answered(answered.ok ? 'answer' : 'error', (context.nowMs() - sinceMs) / 1_000);
  return answered;
}

function fail(reply: FastifyReply, status: number, error: RpcError) {
  const after = RETRY_AFTER[error.code as keyof typeof RETRY_AFTER];
  if (after !== undefined) reply.header('retry-after', after);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="watchbill gateway"');
  return reply.code(status).type('application/json').send(errorText(null, error));
}
