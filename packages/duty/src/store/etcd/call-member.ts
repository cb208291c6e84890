import type { RpcOptions } from '../grpc/rpc-error.ts';
import type { Context, Outcome } from './call.ts';
import { failureOf } from './faults.ts';
import type { Member } from './members.ts';

/** It makes a member without a leader refuse at once instead of letting the call wait. */
const HAS_LEADER = { hasleader: 'true' };

/**
 * Call a member, with a token if there are users. Without a token, or a connection, the call certainly was
 * not sent.
 */
export async function callMember<T>(
  { clock, tokens }: Context,
  member: Member,
  { timeoutMs, signal, headers = HAS_LEADER }: RpcOptions,
  call: (rpc: RpcOptions) => Promise<T>,
): Promise<Outcome<T>> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let token: string | null = null;
  try {
    if (tokens !== null) token = await tokens.get(member, { timeoutMs, headers: HAS_LEADER });
  } catch (error) {
    // Whatever the result of the token request, the call itself was not sent.
    return { ok: false, failure: { ...failureOf(error, member.name), nothingApplied: true } };
  }
  const rpc = { timeoutMs: Math.max(1, deadlineMs - clock.monotonicMs()), signal };
  try {
    const value = await call({ ...rpc, headers: token === null ? headers : { ...headers, token } });
    return { ok: true, value, endpoint: member.name };
  } catch (error) {
    const failure = failureOf(error, member.name);
    if (failure.staleToken && token !== null) tokens?.reject(token);
    return { ok: false, failure };
  }
}
