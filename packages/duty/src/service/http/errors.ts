import { frameworkProblem, PROBLEM_HEADER, type ProblemDocument, problemType } from '@watchbill/kit/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import { PermitFault } from '../contract.ts';
import { LedgerFault } from '../ledger/port.ts';
import type { HttpContext } from './context.ts';
import { patternWords } from './pattern-words.ts';
import { PROBLEMS, problemOf } from './problem.ts';

const TOO_MANY = 429;

/** The problem document of anything that was thrown while a request was handled. */
export function problemOfError(error: unknown, bodyBytes: number): ProblemDocument {
  if (error instanceof PermitFault) return faultProblem(error);
  if (error instanceof StoreFault || error instanceof RecordError)
    return { ...problemOf('store-unavailable', error.message), remedy: error.remedy };
  if (error instanceof LedgerFault)
    return { ...problemOf('ledger-unavailable', error.message), remedy: error.remedy };
  const refused = frameworkProblem(error, bodyBytes, patternWords);
  if (refused !== null) {
    const [code, detail, remedy = PROBLEMS[code].remedy] = refused;
    return { ...problemOf(code, detail), remedy };
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

/** The document of an error that a request met, counted, and logged if the service is at fault. */
export function refusals({ limits, log, metrics }: Pick<HttpContext, 'limits' | 'log' | 'metrics'>) {
  return (error: unknown, route: string): ProblemDocument => {
    const document = problemOfError(error, limits.bodyBytes);
    if (document.code === 'internal')
      log.error({ event: 'request-failed', route, err: error }, 'a request failed in an unexpected way');
    if (document.status < 500) metrics.rejected(document.code);
    return document;
  };
}

/** The headers of a document. */
export function headersOf({ status }: ProblemDocument): Readonly<Record<string, string>> {
  const type = { 'content-type': PROBLEM_HEADER };
  return status === TOO_MANY ? { 'retry-after': '1', ...type } : type;
}

/** The one error handler of fastify. */
export function errorHandler(context: HttpContext) {
  const refuse = refusals(context);
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const document = refuse(error, request.routeOptions?.url ?? 'none');
    return reply.code(document.status).headers(headersOf(document)).send(JSON.stringify(document));
  };
}
