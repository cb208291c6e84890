import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import type { Context } from './call.ts';
import { type Failure, failureOf, unreachable } from './faults.ts';
import { CONNECT_MS, type Member } from './members.ts';

/** Of a request, with names in lower case. */
export type Headers = Readonly<Record<string, string>>;

export type Dialled =
  | { readonly ok: true; readonly headers: Headers }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Get a connection and a token before the request itself. If that fails, the request certainly was not sent.
 * The headers make a member without a leader refuse at once instead of letting the call wait.
 */
export async function dial(
  context: Context,
  member: Member,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Dialled> {
  try {
    await member.channel.reach({ timeoutMs: Math.min(timeoutMs, CONNECT_MS), signal });
  } catch (error) {
    return { ok: false, failure: unreachable(reasonOf(error), member.name) };
  }
  const headers = { hasleader: 'true' };
  if (context.tokens === null) return { ok: true, headers };
  try {
    const token = await context.tokens.get(member, { headers, timeoutMs: Math.ceil(timeoutMs) });
    return { ok: true, headers: { ...headers, token } };
  } catch (error) {
    // Whatever the result of the token request, the call itself was not sent.
    return { ok: false, failure: { ...failureOf(error, member.name), nothingApplied: true } };
  }
}

/** The error of the system, if there was one; null if the connection only took too long. */
function reasonOf(error: unknown): Error | null {
  if (error instanceof Error && error.cause instanceof Error) return error.cause;
  if (error instanceof RpcError && error.status !== STATUS.unavailable) return null;
  return new Error('the connection was closed');
}
