import { messageOf, systemCause } from '@watchbill/kit';
import { openCaller } from '@watchbill/kit/call';

/** An answer with a status, or none before the deadline. */
export type ApiAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'lost'; readonly why: string };

/** The HTTP interface of the permission service, as one identity. */
export interface Api {
  call(method: 'GET' | 'POST' | 'PUT', path: string, body: unknown, timeoutMs: number): Promise<ApiAnswer>;
}

const MOST_BYTES = 16 * 1024 * 1024;

/** Calls `url` with a bearer secret. Never rejects; connections are kept open between calls. */
export function httpApi(url: string, token: string | null): Api {
  const caller = openCaller({ token, kept: true });
  return {
    call: async (method, path, body, timeoutMs) => {
      if (timeoutMs < 1) return { kind: 'lost', why: 'no time was left' };
      const limits = { deadlineMs: Math.ceil(timeoutMs), mostBytes: MOST_BYTES };
      try {
        const asked = { method, ...limits, ...(body === null ? {} : { body: JSON.stringify(body) }) };
        const { status, text } = await caller.ask(new URL(path, url), asked);
        return { kind: 'answer', status, body: text === '' ? null : JSON.parse(text) };
      } catch (error) {
        return { kind: 'lost', why: systemCause(error) ?? messageOf(error) };
      }
    },
  };
}
