import type { ServerResponse } from 'node:http';

/** Why a request of the original protocol was refused before it reached the service. */
export type OriginalRefusal =
  | 'method-not-allowed'
  | 'no-such-path'
  | 'secret-unknown'
  | 'body-too-large'
  | 'too-many-in-flight'
  | 'stopping'
  | 'deadline'
  | 'internal'
  | 'malformed-http';

export const REFUSAL_STATUS: Readonly<Record<OriginalRefusal, number>> = {
  'method-not-allowed': 405,
  'no-such-path': 404,
  'secret-unknown': 401,
  'body-too-large': 413,
  'too-many-in-flight': 429,
  stopping: 503,
  deadline: 503,
  internal: 503,
  'malformed-http': 400,
};

/** The whole answer: the client parses the body and looks at nothing else. No newline, no space. */
export function answerOriginal(
  response: ServerResponse,
  status: number,
  allowed: boolean,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = allowed ? 'true' : 'false';
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
