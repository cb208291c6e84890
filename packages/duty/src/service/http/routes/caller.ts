import type { FastifyRequest } from 'fastify';
import type { Caller } from '../identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the check of identities before any handler of `/v1` runs. */
    caller: Caller | null;
  }
}

/** The caller. Throws if a route was wired without the check of identities. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('a route of /v1 ran without an identity');
  return request.caller;
}
