import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Certificate } from '../authority.ts';

/** The server's answer; the body is parsed if it is JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * A request that a test makes by hand, without the code under test. Rejects if no answer comes within 15 s.
 */
export type ApiRequest = (
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
) => Promise<ApiAnswer>;

const TIMEOUT_MS = 60_000;

export function apiClient(url: string, authority: string, user: Certificate): ApiRequest {
  const connection = { ca: authority, cert: user.cert, key: user.key };
  return (method, path, body, contentType = 'application/json') => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options: RequestOptions = {
      ...connection,
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers:
        text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) },
    };
    return exchange(httpsRequest(new URL(path, url), options), text);
  };
}

function exchange(request: ClientRequest, body: string | undefined): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => void parts.push(part));
      response.once('error', reject);
      response.once('end', () => resolve(answer(response.statusCode ?? 0, Buffer.concat(parts).toString())));
    });
    request.end(body);
  });
}

function answer(status: number, text: string): ApiAnswer {
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    return { status, body: text };
  }
}
