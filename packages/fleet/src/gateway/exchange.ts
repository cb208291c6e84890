import type { IncomingMessage } from 'node:http';
import { type GatewayContext, sortRequests, spend, tierOf } from './context.ts';
import { errorTexts, forward, mergedBatch } from './forward.ts';
import { errorText, GATEWAY_ERRORS, type RpcError, type RpcRequest, readRequests } from './rpc.ts';

export type HeaderPair = readonly [name: string, value: string];

/** The answer to a request over HTTP; the text is JSON, or empty if there is no answer. */
export interface HttpReply {
  readonly status: number;
  readonly text: string;
  /** Beside {@link commonHeaders}. */
  readonly headers?: readonly HeaderPair[];
}

const RETRY_AFTER: Readonly<Record<number, string>> = {
  [GATEWAY_ERRORS.busy]: '1',
  [GATEWAY_ERRORS.unavailable]: '2',
};
const ALWAYS: readonly HeaderPair[] = [
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
];
/** The connection ends after this answer: the gateway stops, or the rest of the request is not read. */
const LAST: HeaderPair = ['connection', 'close'];

/** Headers of every answer. `origin`: of the calling page; it is allowed if the settings name it. */
export function commonHeaders(
  { settings: { origins }, stopping }: GatewayContext,
  origin: string | undefined,
): readonly HeaderPair[] {
  if (origin === undefined && !stopping.aborted) return ALWAYS;
  const headers = [...ALWAYS];
  if (origin !== undefined && (origins.includes('*') || origins.includes(origin)))
    headers.push(
      ['access-control-allow-origin', origin],
      ['vary', 'origin'],
      ['access-control-allow-methods', 'POST'],
      ['access-control-allow-headers', 'content-type, authorization, x-api-key'],
      ['access-control-max-age', '600'],
    );
  if (stopping.aborted) headers.push(LAST);
  return headers;
}

/**
 * Reads the body of a POST and answers its requests. Stays pending if the caller leaves before its body is
 * complete.
 */
export async function answerRequest(context: GatewayContext, request: IncomingMessage): Promise<HttpReply> {
  const { limits } = context.settings;
  const body = await bodyOf(request, limits.bodyBytes);
  if (body === null) {
    const message = `a body may have ${limits.bodyBytes} bytes`;
    return failure(413, { code: GATEWAY_ERRORS.invalid, message }, [LAST]);
  }
  if (context.stopping.aborted || context.load.inFlight >= limits.inFlight) {
    context.metrics.requests('none', 'busy', 1);
    const message = 'too many requests are under way: try again in a second';
    return failure(503, { code: GATEWAY_ERRORS.busy, message });
  }
  context.load.inFlight += 1;
  try {
    return await admitted(context, request, body);
  } finally {
    context.load.inFlight -= 1;
  }
}

/** Null for a longer body; the rest of it is dropped. */
function bodyOf(request: IncomingMessage, mostBytes: number): Promise<string | null> {
  return new Promise((resolve) => {
    // A caller that leaves in the middle gets no answer.
    request.on('error', () => undefined);
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) return resolve(null);
    const chunks: Buffer[] = [];
    let size = 0;
    const keep = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= mostBytes) return void chunks.push(chunk);
      request.off('data', keep);
      chunks.length = 0;
      resolve(null);
    };
    request.on('data', keep);
    request.on('end', () => {
      const [first] = chunks;
      const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
      resolve(whole.toString('utf8'));
    });
  });
}

async function admitted(
  context: GatewayContext,
  { headers, url = '/', socket }: IncomingMessage,
  body: string,
): Promise<HttpReply> {
  const admission = await context.admissions.admit({
    headers,
    path: url,
    socketAddress: socket.remoteAddress ?? '',
  });
  if (!admission.ok) {
    context.metrics.refusedCallers(admission.why);
    return failure(admission.why === 'wrong-origin' ? 403 : 401, admissionError(admission.why));
  }
  const { caller } = admission;
  const reading = readRequests(body, tierOf(context, caller).batch);
  if (!reading.ok) {
    context.metrics.requests(caller.tier, 'invalid', 1);
    return failure(400, reading.error);
  }
  const over = spend(context, caller, reading.requests);
  if (over !== null)
    return failure(429, over.error, [['retry-after', String(Math.ceil(over.waitMs / 1_000))]]);
  // A notification expects no answer, and every offered method has one.
  const requests = reading.requests.filter(({ id }) => id !== undefined);
  const { allowed, refused } = sortRequests(context, caller, requests);
  const own = refused.map(({ request: { id }, error }) => errorText(id, error));
  const text = reading.isBatch
    ? await batchAnswer(context, allowed, own)
    : await singleAnswer(context, allowed, own[0] ?? '');
  return { status: text === '' ? 204 : 200, text };
}

function admissionError(why: 'no-key' | 'wrong-key' | 'wrong-origin'): RpcError {
  const message = {
    'no-key': 'a key is needed: send it as `Authorization: Bearer KEY`',
    'wrong-key': 'this gateway does not know the key, or no longer',
    'wrong-origin': 'pages of this origin may not send requests',
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

function failure(status: number, error: RpcError, more: readonly HeaderPair[] = []): HttpReply {
  const after = RETRY_AFTER[error.code];
  const headers = [...more];
  if (after !== undefined) headers.push(['retry-after', after]);
  if (status === 401) headers.push(['www-authenticate', 'Bearer realm="watchbill gateway"']);
  return { status, text: errorText(null, error), headers };
}
