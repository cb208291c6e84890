import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PAGE_POLICY } from '@watchbill/kit/html';

export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a page or file. A browser that has the same text already gets 304. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, body, headers = {}, type = 'text/html; charset=utf-8' } = reply;
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const isKnown = status === 200 && request.method === 'GET' && request.headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : status, {
    'content-type': type,
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'private, no-cache',
    vary: 'cookie, authorization',
    ...(status === 200 ? { etag } : {}),
    ...(isKnown ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  });
  response.end(isKnown || request.method === 'HEAD' ? undefined : body);
}

export function redirect(to: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 303, headers: { location: to, ...headers }, body: '' };
}
