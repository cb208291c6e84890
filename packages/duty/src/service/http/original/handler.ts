import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { OVER } from '@watchbill/kit';
import { PermitFault } from '../../contract.ts';
import { settleWithin } from '../../ground/settle.ts';
import { perSecond } from '../../per-second.ts';
import type { HttpContext } from '../context.ts';
import { answerOriginal, type OriginalRefusal, REFUSALS, type Refusal } from './answer.ts';
import { type OriginalPath, parseOriginal } from './path.ts';

/** The demonstration list of the original project: true for the node at its head, which is then removed. */
export type DemoOrder = (node: string) => boolean;

export function demoOrder(nodes: readonly string[]): DemoOrder {
  let next = 0;
  return (node) => {
    if (next >= nodes.length || nodes[next] !== node) return false;
    next++;
    return true;
  };
}

const REFUSALS_LOGGED_PER_SECOND = 10;

/**
 * The original wire protocol. It runs before the router, so that every answer is exactly `true` or `false`,
 * and no address with a secret in it reaches other code.
 */
export function originalHandler(context: HttpContext, order: DemoOrder | null): RequestListener {
  const mayLog = perSecond(REFUSALS_LOGGED_PER_SECOND);
  const refuse = (response: ServerResponse, reason: OriginalRefusal): void => {
    context.metrics.rejected(`original-${reason}`);
    if (mayLog()) context.log.warn({ event: 'original-refused', reason }, 'original wire protocol: refused');
    const { status, headers }: Refusal = REFUSALS[reason];
    answerOriginal(response, status, false, headers);
  };
  return (request, response) => {
    response.on('finish', () => context.metrics.answered('/original', response.statusCode));
    answer(context, order, request, response)
      .then((refusal) => {
        if (refusal !== null) refuse(response, refusal);
      })
      .catch((error: unknown) => {
        const event = { event: 'original-failed', err: error };
        context.log.error(event, 'original wire protocol: unexpected fault');
        refuse(response, 'internal');
      });
  };
}

/** Answers and returns null, or returns the reason to refuse it. */
async function answer(
  context: HttpContext,
  order: DemoOrder | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<OriginalRefusal | null> {
  const path = parseOriginal(request.url ?? '');
  const token = path.kind === 'authorize' ? context.permit.identify(path.secret) : null;
  if (token !== null && !context.belongs(request, token)) return null;
  if (!(await discardBody(request, context.limits.bodyBytes))) return 'body-too-large';
  if (context.stopping.aborted) return 'stopping';
  if (request.method !== 'PUT') return 'method-not-allowed';
  if (path.kind === 'authorize') return authorize(context, path, response);
  if (path.kind === 'none' || order === null) return 'no-such-path';
  answerOriginal(response, 200, order(path.node));
  return null;
}

async function authorize(
  context: HttpContext,
  path: Extract<OriginalPath, { kind: 'authorize' }>,
  response: ServerResponse,
): Promise<OriginalRefusal | null> {
  const { permit, limits } = context;
  const token = permit.identify(path.secret);
  if (token === null || token.original === null) return 'secret-unknown';
  const gone = new AbortController();
  const onClose = (): void => gone.abort(OVER);
  response.once('close', onClose);
  const caller = { node: token.name, chain: token.original.chain, key: token.original.key };
  try {
    const work = permit.claimOriginal(path.request, caller, gone.signal);
    const reply = await settleWithin(work, limits.originalTimeoutMs, { signal: gone.signal });
    if (reply === null) {
      gone.abort(OVER);
      return 'deadline';
    }
    const status = reply.reason === 'malformed' ? 400 : reply.outcome === 'unknown' ? 503 : 200;
    answerOriginal(response, status, reply.allowed && reply.outcome === 'granted');
    return null;
  } catch (error) {
    if (error instanceof PermitFault && error.status === 429) return 'too-many-in-flight';
    throw error;
  } finally {
    response.removeListener('close', onClose);
  }
}

/**
 * Wait until a request has arrived whole, and discard its body: the original protocol has none, and some
 * clients send one. False if it is larger than the limit or never ended.
 */
async function discardBody(request: IncomingMessage, maxBytes: number): Promise<boolean> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return false;
  if (announced === 0 && request.headers['transfer-encoding'] === undefined) return true;
  return new Promise((resolve) => {
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes) resolve(false);
    });
    request.once('end', () => resolve(true));
    request.once('close', () => resolve(false));
    request.once('error', () => resolve(false));
  });
}
