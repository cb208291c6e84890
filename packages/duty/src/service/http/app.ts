import {
  jsonSchema,
  openApp,
  type RouteGuard,
  registerOpenApi,
  sendProblem,
  serveRoutes,
} from '@watchbill/kit/http';
import type { FastifyInstance } from 'fastify';
import { perSecond } from '../per-second.ts';
import { claimDoor } from './claim-door.ts';
import type { HttpContext } from './context.ts';
import { errorHandler, problemOfError } from './errors.ts';
import { registerHelp } from './help.ts';
import { authorize } from './identity.ts';
import { openApiHead } from './openapi.ts';
import { registerPages } from './pages.ts';
import { problemOf } from './problem.ts';
import { callerOf } from './routes/caller.ts';
import { claimHandler } from './routes/claim.ts';
import { ledgerExports } from './routes/ledger-export.ts';
import { probeHandlers } from './routes/probes.ts';
import { operatorHandlers, reportHandlers } from './routes/service.ts';
import { type RouteSpec, routeSpecs } from './routes/specs.ts';
import { decisionStream } from './routes/stream.ts';

const REFUSALS_LOGGED_PER_SECOND = 10;

/** The routes of the service in fastify, ready to answer. It does not listen by itself. */
export async function buildApp(context: HttpContext) {
  const { log, metrics } = context;
  const { bodyBytes } = context.limits;
  const app = openApp({ log, bodyBytes, problemOf: (error) => problemOfError(error, bodyBytes) });
  app.decorateRequest('caller', null);
  app.setErrorHandler(errorHandler(context));
  app.addHook('onResponse', (request, reply, done) => {
    metrics.answered(request.routeOptions.url ?? 'none', reply.statusCode);
    done();
  });
  await registerOpenApi(app, openApiHead(context.version));
  const specs = routeSpecs();
  const stream = decisionStream(context, specs.stream.access);
  const exports = ledgerExports(context);
  const answerTo = claimHandler(context);
  await serveRoutes(app, specs, {
    handlers: {
      claim: async ({ body, caller, reply }) => {
        const { status, headers, text } = await answerTo(body, caller.name, reply.raw);
        return reply.code(status).headers(headers).send(text);
      },
      stream: stream.handler,
      exportLedger: exports.handler,
      ...reportHandlers(context),
      ...operatorHandlers(context),
      ...probeHandlers(context),
    },
    guard: identityGuard(context),
    callerOf,
    refuse: (code, detail) => {
      metrics.rejected(code);
      return problemOf(code, detail);
    },
  });
  await registerPages(app);
  registerHelp(app, context.help);
  await app.ready();
  return {
    fastify: app,
    /** Answers every request that the routes know. */
    handle: claimDoor(
      context,
      { spec: specs.claim, isClaim: bodyCheck(app, specs.claim), answerTo },
      (request, response) => app.routing(request, response),
    ),
    /** Ends the streams of decisions and cuts exports of the ledger. */
    endStreams: (): void => {
      stream.close();
      exports.close();
    },
  };
}

/** The check that the route makes of its body. */
function bodyCheck(app: FastifyInstance, { method, url, body }: Pick<RouteSpec, 'method' | 'url' | 'body'>) {
  if (body === undefined) throw new Error(`${url} takes no body`);
  const check = app.validatorCompiler?.({ schema: jsonSchema(body, 'input'), method, url, httpPart: 'body' });
  return (value: unknown): boolean => check?.(value) === true;
}

/** Runs before a body is read and before anything touches the store. */
function identityGuard(context: HttpContext): (spec: RouteSpec) => RouteGuard {
  const mayLog = perSecond(REFUSALS_LOGGED_PER_SECOND);
  return (spec) => (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    if (spec.access === 'open') return done();
    reply.header('cache-control', 'no-store');
    if (context.stopping.aborted) {
      reply.header('connection', 'close');
      return void sendProblem(reply, problemOf('stopping', 'the server is stopping'));
    }
    const who = authorize(context.permit, request.raw, spec.access);
    if (who.ok && !context.belongs(request.raw, who.caller)) return;
    if (who.ok) {
      request.caller = who.caller;
      return done();
    }
    const { code, detail, status } = who.problem;
    context.metrics.rejected(code);
    if (mayLog()) {
      const event = { event: 'identity-refused', code, detail, route: spec.url };
      context.log.warn(event, 'an identity was refused');
    }
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="watchbill"');
    sendProblem(reply, who.problem);
  };
}
