import type { ServerResponse } from 'node:http';

/** A status and the headers that it needs. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const CLOSE = { connection: 'close' };

/** Why a request of the original protocol was refused before it reached the service. */
export const REFUSALS = {
  'method-not-allowed': { status: 405, headers: { allow: 'PUT' } },
  'no-such-path': { status: 404 },
  'secret-unknown': { status: 401, headers: { 'www-authenticate': 'SecretPath realm="watchbill"' } },
  'body-too-large': { status: 413, headers: CLOSE },
  'too-many-in-flight': { status: 429, headers: { 'retry-after': '1' } },
  stopping: { status: 503, headers: CLOSE },
  deadline: { status: 503 },
  internal: { status: 503 },
  'malformed-http': { status: 400 },
} as const satisfies Record<string, Refusal>;

export type OriginalRefusal = keyof typeof REFUSALS;

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
