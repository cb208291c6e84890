import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { REFUSALS } from './original/answer.ts';
import { isOriginal } from './original/path.ts';
import { type ProblemCode, problemOf } from './problem.ts';

/** A client gets so long to read its answer. One that does not close its side would keep the connection. */
const CLOSE_GRACE_MS = 1_000;
const ORIGINAL_START = /^[A-Z]{1,16} \/+original\//;

/** The last request of a connection, so that a broken one is answered in the form that its client reads. */
export function trackConnections() {
  const last = new WeakMap<Duplex, { readonly original: boolean; readonly response: ServerResponse }>();
  return {
    began: (request: IncomingMessage, response: ServerResponse): void => {
      last.set(request.socket, { original: isOriginal(request.url ?? ''), response });
    },
    /** The answer to a request that was not HTTP, or whose header was too slow or too large. */
    broken: (error: Error, socket: Duplex): void => {
      const before = last.get(socket);
      const answer = before?.response;
      const underWay = answer?.headersSent === true && !answer.writableFinished;
      const { code, rawPacket } = error as Error & { code?: string; rawPacket?: Buffer };
      if (!socket.writable || underWay || code === 'ECONNRESET') {
        socket.destroy();
        return;
      }
      const start = rawPacket?.toString('latin1', 0, 64) ?? '';
      const original = ORIGINAL_START.test(start) || (start === '' && before?.original === true);
      socket.end(original ? falseText(code) : problemText(code));
      const cut = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
      socket.once('close', () => clearTimeout(cut));
    },
  };
}

function problemCode(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'malformed-http';
}

function problemText(code: string | undefined): string {
  const document = problemOf(
    problemCode(code),
    'the request was not read to its end and the connection is closed',
  );
  return responseText(document.status, PROBLEM_HEADER, JSON.stringify(document));
}

function falseText(code: string | undefined): string {
  const timedOut = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  return responseText(
    timedOut ? 408 : REFUSALS['malformed-http'].status,
    'text/plain; charset=utf-8',
    'false',
  );
}

function responseText(status: number, type: string, body: string): string {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
