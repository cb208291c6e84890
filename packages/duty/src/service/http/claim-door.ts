import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ClaimRequest } from '../contract.ts';
import type { HttpContext } from './context.ts';
import { authorize } from './identity.ts';
import type { ClaimHandler } from './routes/claim.ts';
import type { RouteSpec } from './routes/specs.ts';

interface ClaimRoute {
  readonly spec: RouteSpec;
  /** The check of the route: whether the body has its shape. */
  readonly isClaim: (body: unknown) => boolean;
  readonly answerTo: ClaimHandler;
}

/** The headers that the guard of each route sets. */
const GUARDED = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

/**
 * Answers the claim of a gate without the framework, which costs more than judging it. Such a request is
 * whole, and right in its headers, its identity and its shape. Any other one is passed on as it came, so that
 * each refusal has one source.
 */
export function claimDoor(
  context: HttpContext,
  { spec, isClaim, answerTo }: ClaimRoute,
  passOn: RequestListener,
): RequestListener {
  async function answer(claim: ClaimRequest, node: string, response: ServerResponse): Promise<void> {
    const { status, headers, text } = await answerTo(claim, node, response);
    const length = { 'content-length': Buffer.byteLength(text) };
    response.writeHead(status, { ...GUARDED, ...headers, ...length });
    response.end(text, () => context.metrics.answered(spec.url, status));
  }

  /** Begins the answer; false if the request is not a whole claim, and is as it came. */
  function take(request: IncomingMessage, response: ServerResponse, bytes: number, node: string): boolean {
    if (request.readableLength !== bytes) return false;
    const body: Buffer = request.read();
    const claim = claimIn(body, isClaim);
    if (claim === null) {
      request.unshift(body);
      return false;
    }
    // Node ends a request, and all that waits for its end, once it is read to the end.
    request.resume();
    void answer(claim, node, response);
    return true;
  }

  return (request, response) => {
    const bytes = request.url === spec.url && request.method === spec.method ? bytesOf(request) : 0;
    if (bytes === 0 || bytes > context.limits.bodyBytes || context.stopping.aborted)
      return passOn(request, response);
    const who = authorize(context.permit, request, spec.access);
    if (!who.ok) return passOn(request, response);
    if (!context.belongs(request, who.caller)) return;
    // A body that came with its header is there by then.
    process.nextTick(() => {
      if (!take(request, response, bytes, who.caller.name)) passOn(request, response);
    });
  };
}

/** The length of a body of JSON; 0 if there is none, or if the headers do not say it. */
function bytesOf({ headers }: IncomingMessage): number {
  return headers['content-type'] === 'application/json' ? Number(headers['content-length'] ?? 0) : 0;
}

function claimIn(body: Buffer, isClaim: ClaimRoute['isClaim']): ClaimRequest | null {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isClaim(value) ? (value as ClaimRequest) : null;
  } catch {
    return null;
  }
}
