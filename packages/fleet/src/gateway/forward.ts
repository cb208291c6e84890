import { isOnce } from '../file/rpc/index.ts';
import type { Backend } from './backend.ts';
import { NotSent } from './gateway-fault.ts';
import type { BackendPool } from './pool.ts';
import { errorText, GATEWAY_ERRORS, type RpcError, type RpcRequest, requestText } from './rpc.ts';

export type Answer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: RpcError };

const MOST_TRIES = 2;

/**
 * Asks one node, and a second one if the first gave no answer and repeating is harmless. If the request may
 * have arrived and must not be repeated, ends with an error that explains this. `isBatch`: the node gets an
 * array and answers with one.
 */
export async function forward(
  pool: BackendPool,
  requests: readonly RpcRequest[],
  isBatch: boolean,
  timeoutMs: number,
): Promise<Answer> {
  const [first] = requests;
  const body =
    isBatch || first === undefined ? `[${requests.map(requestText).join(',')}]` : requestText(first);
  const mayRepeat = !requests.some(({ method }) => isOnce(method));
  const tried = new Set<Backend>();
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const backend = pool.pick(tried);
    if (backend === null) break;
    tried.add(backend);
    backend.load += 1;
    try {
      const text = await backend.ask(body, timeoutMs);
      if (looksWhole(text, isBatch)) return { ok: true, text };
      throw new Error('its answer is cut');
    } catch (error) {
      if (!mayRepeat && !(error instanceof NotSent)) return unanswered(true);
    } finally {
      backend.load -= 1;
    }
  }
  return tried.size === 0 ? noNode() : unanswered(false);
}

function looksWhole(text: string, isBatch: boolean): boolean {
  const trimmed = text.trim();
  return isBatch
    ? trimmed.startsWith('[') && trimmed.endsWith(']')
    : trimmed.startsWith('{') && trimmed.endsWith('}');
}

export function noNode(): Answer {
  return {
    ok: false,
    error: { code: GATEWAY_ERRORS.unavailable, message: 'no node is in sync at present: try again later' },
  };
}

function unanswered(mayHaveArrived: boolean): Answer {
  const message = mayHaveArrived
    ? 'the node did not answer, and may have accepted the submission: look for it on chain before you send it again'
    : 'no node answered: try again';
  return {
    ok: false,
    error: { code: mayHaveArrived ? GATEWAY_ERRORS.unknown : GATEWAY_ERRORS.unavailable, message },
  };
}

/** Merges a node's batch answer and our own errors into one batch. */
export function mergedBatch(answer: string | null, own: readonly string[]): string {
  const inner = answer === null ? '' : answer.trim().slice(1, -1).trim();
  return `[${[...(inner === '' ? [] : [inner]), ...own].join(',')}]`;
}

export function errorTexts(requests: readonly RpcRequest[], error: RpcError): readonly string[] {
  return requests.filter(({ id }) => id !== undefined).map(({ id }) => errorText(id, error));
}
