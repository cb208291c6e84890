import type { IncomingMessage } from 'node:http';
import { isLoopback } from '@watchbill/kit';
import type { Caller, PagesHost } from '../../service/index.ts';
import type { Sessions } from './sessions.ts';

/** Setting `service.console`: decision 0035. */
export type ConsoleAccess = 'auto' | 'open' | 'token';

/** A reader of a page, or the reason why the page is refused. */
export type Admitted =
  | {
      readonly ok: true;
      /** Null for a page that is open. */
      readonly caller: Caller | null;
      /** The form token belongs to it. */
      readonly credential: string;
    }
  | { readonly ok: false; readonly status: 401 | 403; readonly why: string | null };

export const COOKIE = 'watchbill-session';
const READERS: ReadonlySet<string> = new Set(['node', 'observer', 'operator', 'reader']);

/** Decides who may read: a token or certificate, a session, or any client of an open page. */
export async function admit(
  request: IncomingMessage,
  { host, sessions, access }: { host: PagesHost; sessions: Sessions; access: ConsoleAccess },
): Promise<Admitted> {
  const sessionId = cookieOf(request);
  if (request.headers.authorization === undefined && sessionId !== null) {
    const secret = sessions.secretOf(sessionId);
    const caller = secret === null ? null : host.identifySecret(secret);
    if (caller !== null && READERS.has(caller.role)) return { ok: true, caller, credential: sessionId };
  }
  const found = host.identify(request);
  if (found.ok && READERS.has(found.caller.role))
    return { ok: true, caller: found.caller, credential: `${found.caller.role} ${found.caller.name}` };
  if (!found.ok && found.problem.code !== 'no-identity')
    return { ok: false, status: 401, why: `${found.problem.title}. ${found.problem.remedy}` };
  if (!(await isOpen(host, access))) return { ok: false, status: 401, why: null };
  if (isLocalName(request.headers.host)) return { ok: true, caller: null, credential: '' };
  const why =
    'This page is open to this machine only. Use its loopback address, for example http://127.0.0.1:8450/.';
  return { ok: false, status: 403, why };
}

/**
 * If the service has tokens, a page needs one on loopback too: a proxy on this machine may publish the
 * address.
 */
async function isOpen({ isLocal, permit }: PagesHost, access: ConsoleAccess): Promise<boolean> {
  if (!isLocal || access === 'token') return false;
  if (access === 'open') return true;
  return (await permit.tokens()).length === 0;
}

/** A website can point its own name to 127.0.0.1, but the browser then sends that name as `Host`. */
export function isLocalName(host: string | undefined): boolean {
  if (host === undefined || host === '') return true;
  return isLoopback(host.toLowerCase().replace(/:\d{1,5}$/, ''));
}

/** Whether a page of this service sent the request: by `Origin`, or by `Sec-Fetch-Site` without one. */
export function isSameOrigin({ headers }: IncomingMessage, isTls: boolean): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return origin === `${isTls ? 'https' : 'http'}://${host}`;
  return headers['sec-fetch-site'] === 'same-origin';
}

function cookieOf({ headers }: IncomingMessage): string | null {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE && value !== undefined && /^[0-9a-f]{64}$/.test(value)) return value;
  }
  return null;
}
