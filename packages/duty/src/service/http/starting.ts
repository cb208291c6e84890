import type { IncomingMessage, ServerResponse } from 'node:http';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { answerOriginal, REFUSALS } from './original/answer.ts';
import { isOriginal } from './original/path.ts';
import { problemOf } from './problem.ts';

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
