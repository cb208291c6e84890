import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemDocument } from './problem.ts';
import { acceptsGzip } from './reading/document.ts';
import { isKnown, JSON_TYPE, type Reply } from './reply.ts';

const NOT_MODIFIED = 304;
const FOUND = 302;
/** The API serves data only. If a browser shows an answer as a page, it can load and run no code. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Sends an answer. Used by the API and the pages. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Reply): FastifyReply {
  plain(reply);
  switch (answer.kind) {
    case 'problem':
      return sendProblem(reply, answer.document);
    case 'redirect':
      return reply.redirect(answer.to, FOUND);
    case 'not-modified':
      return reply.code(NOT_MODIFIED).header('etag', answer.etag).header('cache-control', 'no-cache').send();
    case 'document':
      return sendDocument(request, reply, answer);
    case 'text': {
      const { etag, headers, status, type, body } = answer;
      if (etag !== null) reply.header('etag', etag).header('cache-control', 'no-cache');
      reply.headers(headers);
      if (etag !== null && isKnown(request.headers['if-none-match'], etag))
        return reply.code(NOT_MODIFIED).send();
      return reply.code(status).header('content-type', type).send(body);
    }
  }
}

/** Sends the compressed bytes as they are, or decompresses them at the pace of the reader. */
function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  { document: { etag, gzip, size }, headers }: Extract<Reply, { readonly kind: 'document' }>,
): FastifyReply {
  const isCompressed = acceptsGzip(request.headers['accept-encoding']);
  reply.header('vary', 'accept-encoding').header('cache-control', 'no-cache').headers(headers);
  reply.header('etag', isCompressed ? etag.replace(/"$/, '-gzip"') : etag);
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(NOT_MODIFIED).send();
  reply.header('content-type', JSON_TYPE);
  if (isCompressed) return reply.header('content-encoding', 'gzip').send(gzip);
  reply.header('content-length', size);
  const bytes = Readable.from(request.method === 'HEAD' ? [] : [gzip]);
  return reply.send(request.method === 'HEAD' ? bytes : bytes.pipe(createGunzip()));
}

/** Headers of every answer. All data is public, so any page may read it. */
function plain(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'no-referrer');
  reply.header('access-control-allow-origin', '*');
  reply.header('content-security-policy', API_POLICY);
}

/** Answers with a problem document. */
export function sendProblem(reply: FastifyReply, document: ProblemDocument): FastifyReply {
  plain(reply);
  if (document.code === 'busy') reply.header('retry-after', '2');
  if (document.code === 'method-not-allowed') reply.header('allow', 'GET, HEAD');
  return reply
    .code(document.status)
    .header('cache-control', 'no-store')
    .header('content-type', PROBLEM_HEADER)
    .send(JSON.stringify(document));
}
