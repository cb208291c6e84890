import { ConnectError } from '@connectrpc/connect';
import type { Context } from './call.ts';
import { type Failure, failureOf, unreachable } from './faults.ts';
import type { Member } from './members.ts';

export type Dialled =
  | { readonly ok: true; readonly headers: Headers }
  | { readonly ok: false; readonly failure: Failure };

/**
 * A connection attempt that takes longer than this has failed. Longer than the ping that verifies an idle
 * one.
 */
const CONNECT_TIMEOUT_MS = 2_500;

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
  const broken = await reach(context, member, Math.min(timeoutMs, CONNECT_TIMEOUT_MS), signal);
  if (broken !== null) return { ok: false, failure: broken };
  const headers = new Headers({ hasleader: 'true' });
  if (context.tokens === null) return { ok: true, headers };
  try {
    headers.set('token', await context.tokens.get(member, { headers, timeoutMs: Math.ceil(timeoutMs) }));
    return { ok: true, headers };
  } catch (error) {
    // Whatever the result of the token request, the call itself was not sent.
    return { ok: false, failure: { ...failureOf(error, member.name), nothingApplied: true } };
  }
}

async function reach(
  context: Context,
  member: Member,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Failure | null> {
  const { session } = member;
  if (session.state() === 'open') return null;
  const done = new AbortController();
  const until = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const state = await Promise.race([session.connect(), context.clock.sleep(timeoutMs, until)]);
  done.abort();
  if (state === 'open' || state === 'idle') return null;
  if (state === undefined && session.state() === 'connecting') session.abort();
  if (state === undefined) return unreachable(null, member.name);
  const why = session.error();
  return unreachable(why instanceof Error ? why : new ConnectError('the connection was closed'), member.name);
}
