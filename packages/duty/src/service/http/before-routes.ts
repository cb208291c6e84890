import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { answerOriginal, REFUSALS } from './original/answer.ts';
import { isOriginal } from './original/path.ts';
import { type ProblemCode, problemOf } from './problem.ts';

/**
 * Answers requests while the store and the ledger are being opened: not ready yet, in the form that the
 * client reads.
 */
export function answerStarting(request: IncomingMessage, response: ServerResponse): void {
  const headers = { connection: 'close', 'retry-after': '1' };
  if (isOriginal(request.url ?? '')) {
    answerOriginal(response, REFUSALS.internal.status, false, headers);
    return;
  }
  const document = problemOf('not-ready', 'the service is starting');
  const body = JSON.stringify(document);
  response.writeHead(document.status, {
    ...headers,
    'content-type': PROBLEM_HEADER,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

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
      socket.end(answerText(code, original));
      const cut = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
      socket.once('close', () => clearTimeout(cut));
    },
  };
}

/** The problem by the code of Node; any other code is of a request that is not HTTP. */
const PROBLEM_CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

function answerText(code: string | undefined, original: boolean): string {
  const why = 'the request was not read to its end and the connection is closed';
  const document = problemOf(PROBLEM_CODES[code ?? ''] ?? 'malformed-http', why);
  const timedOut = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = original && !timedOut ? REFUSALS['malformed-http'].status : document.status;
  const type = original ? 'text/plain; charset=utf-8' : PROBLEM_HEADER;
  const body = original ? 'false' : JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
