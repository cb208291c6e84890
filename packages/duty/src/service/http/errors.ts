import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { StoreFault } from '../../store/index.ts';
import { PermitFault } from '../contract.ts';
import { LedgerFault } from '../ledger/port.ts';
import type { HttpContext } from './context.ts';
import { type ProblemCode, type ProblemDocument, problemOf, problemType, sendProblem } from './problem.ts';

const TOO_MANY = 429;

/** Our texts for requests that the framework refuses by itself. */
const FRAMEWORK: Readonly<Record<string, { readonly code: ProblemCode; readonly detail: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported-media-type', detail: 'only application/json is read' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'malformed-json', detail: 'it could not be parsed' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'malformed-json', detail: 'the body is empty' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed-http',
    detail: 'the length of the body differs from Content-Length',
  },
  FST_ERR_BAD_URL: { code: 'malformed-url', detail: 'its percent encoding is broken' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'url-too-long', detail: 'a part of the path is too long' },
};

/** The problem document of anything that was thrown while a request was handled. */
export function problemOfError(error: unknown, bodyBytes: number): ProblemDocument {
  if (error instanceof PermitFault) return faultProblem(error);
  if (error instanceof StoreFault) return problemOf('store-unavailable', `${error.code}: ${error.message}`);
  if (error instanceof LedgerFault) return problemOf('ledger-unavailable', error.message);
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>;
  if (validation !== undefined) {
    return problemOf('invalid-request', validationDetail(validation, validationContext ?? 'request'));
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return problemOf('body-too-large', `at most ${bodyBytes} bytes are read`);
  }
  const known = FRAMEWORK[code ?? ''];
  if (known !== undefined) return problemOf(known.code, known.detail);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return problemOf('malformed-http', 'the request could not be read to its end');
  }
  return problemOf('internal', 'an unexpected fault; the log of the service has the cause');
}

/** Statuses that a fault may name: the client's mistakes, and the one documented 503. */
function faultProblem(fault: PermitFault): ProblemDocument {
  const status = fault.status >= 400 && fault.status < 500 ? fault.status : 503;
  const title = fault.code.replaceAll('-', ' ');
  const { code, message: detail, remedy } = fault;
  return { type: problemType(code), title, status, detail, code, remedy };
}

/** Place and mistake, never the value itself: a value may be a secret in the wrong place. */
function validationDetail(validation: NonNullable<FastifyError['validation']>, where: string): string {
  const first = validation[0];
  const extra = first?.params.additionalProperty;
  const named = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 64))})` : '';
  return `${where}${first?.instancePath ?? ''} ${first?.message ?? 'has the wrong shape'}${named}`;
}

/** The one error handler: a document for the client, and a log line if the service is at fault. */
export function errorHandler(context: HttpContext) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const document = problemOfError(error, context.limits.bodyBytes);
    const route = request.routeOptions?.url ?? 'none';
    if (document.code === 'internal') {
      context.log.error(
        { event: 'request-failed', route, err: error },
        'a request failed in an unexpected way',
      );
    }
    if (document.status < 500) context.metrics.rejected(document.code);
    if (document.status === TOO_MANY) reply.header('retry-after', '1');
    return sendProblem(reply, document);
  };
}
