import type { Context } from './call.ts';
import { type Failure, failureOf } from './faults.ts';
import type { Member } from './members.ts';

/** Of a request, with names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** They make a member without a leader refuse at once instead of letting the call wait. */
const HEADERS = { hasleader: 'true' };

/**
 * Call a member, with a token if there are users. Without a token, or a connection, the call certainly was
 * not sent.
 */
export async function callMember<T>(
  { tokens }: Context,
  member: Member,
  timeoutMs: number,
  call: (headers: Headers) => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }> {
  let token = '';
  if (tokens !== null) {
    try {
      token = await tokens.get(member, { headers: HEADERS, timeoutMs: Math.ceil(timeoutMs) });
    } catch (error) {
      // Whatever the result of the token request, the call itself was not sent.
      return { ok: false, failure: { ...failureOf(error, member.name), nothingApplied: true } };
    }
  }
  try {
    return { ok: true, value: await call(tokens === null ? HEADERS : { ...HEADERS, token }) };
  } catch (error) {
    const failure = failureOf(error, member.name);
    if (failure.staleToken) tokens?.reject(token);
    return { ok: false, failure };
  }
}
