import fastify, { type FastifyInstance, LogController, type RouteHandlerMethod } from 'fastify';
import { perSecond } from './budget.ts';
import type { HttpContext } from './context.ts';
import { errorHandler, problemOfError } from './errors.ts';
import { authorize } from './identity.ts';
import { fastifySchema, registerOpenApi } from './openapi.ts';
import { registerPages } from './pages.ts';
import { problemOf, sendProblem } from './problem.ts';
import { claimHandler } from './routes/claim.ts';
import { ledgerExports } from './routes/ledger-export.ts';
import { probeHandlers } from './routes/probes.ts';
import { operatorHandlers, reportHandlers } from './routes/service.ts';
import type { RouteSpec } from './routes/spec.ts';
import { type RouteName, routeSpecs } from './routes/specs.ts';
import { decisionStream } from './routes/stream.ts';
import { unitHandlers } from './routes/units.ts';

export interface App {
  readonly fastify: FastifyInstance;
  /** End the streams of decisions and cut exports of the ledger. */
  endStreams(): void;
}

const MAX_PARAM = 128;
const REFUSALS_LOGGED_PER_SECOND = 10;

/** The routes of the service in fastify, ready to answer. It does not listen by itself. */
export async function buildApp(context: HttpContext): Promise<App> {
  const app = makeFastify(context);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller', null);
  app.setErrorHandler(errorHandler(context));
  app.addHook('onResponse', (request, reply, done) => {
    context.metrics.answered(request.routeOptions.url ?? 'none', reply.statusCode);
    done();
  });
  await registerOpenApi(app, context.version);
  const specs = routeSpecs([...context.duties.values()]);
  const stream = decisionStream(context, specs.stream.access);
  const exports = ledgerExports(context);
  const handlers: Record<RouteName, RouteHandlerMethod> = {
    claim: claimHandler(context),
    stream: stream.handler,
    exportLedger: exports.handler,
    ...reportHandlers(context),
    ...operatorHandlers(context),
    ...unitHandlers(context),
    ...probeHandlers(context),
  };
  const guard = identityGuard(context);
  const routes = (of: FastifyInstance, name: RouteName): void => {
    const spec: RouteSpec = specs[name];
    of.route({
      method: spec.method,
      url: spec.url,
      schema: fastifySchema(spec),
      exposeHeadRoute: spec.method === 'GET' && name !== 'stream' && name !== 'exportLedger',
      onRequest: guard(spec),
      handler: handlers[name],
    });
  };
  for (const name of Object.keys(specs) as RouteName[]) {
    if (name === 'claim') await app.register(async (plain) => routes(withPlainJson(plain), name));
    else routes(app, name);
  }
  await registerPages(app);
  app.setNotFoundHandler(notFound(context, Object.values(specs)));
  await app.ready();
  return {
    fastify: app,
    endStreams: () => {
      stream.close();
      exports.close();
    },
  };
}

/**
 * Parses bodies without a search for `__proto__` and `constructor`, which costs as much as the parsing. Only
 * for a route that reads the members of its schema by name: `JSON.parse` makes these two plain members.
 */
function withPlainJson(app: FastifyInstance): FastifyInstance {
  app.removeContentTypeParser('application/json');
  const parser = app.getDefaultJsonParser('ignore', 'ignore');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parser);
  return app;
}

function makeFastify(context: HttpContext): FastifyInstance {
  return fastify({
    loggerInstance: context.log,
    // Requests are counted, not logged: addresses and headers hold secrets.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    bodyLimit: context.limits.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        allowUnionTypes: true,
      },
    },
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problemOfError(error, context.limits.bodyBytes));
    },
  }) as unknown as FastifyInstance;
}

type Hook = (
  request: Parameters<RouteHandlerMethod>[0],
  reply: Parameters<RouteHandlerMethod>[1],
  done: () => void,
) => void;

/** Runs before a body is read and before anything touches the store. */
function identityGuard(context: HttpContext): (spec: RouteSpec) => Hook {
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
      context.log.warn(
        { event: 'identity-refused', code, detail, route: spec.url },
        'an identity was refused',
      );
    }
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="watchbill"');
    sendProblem(reply, who.problem);
  };
}

/** 405 if the path exists with other methods, else 404. Does not repeat the path itself. */
function notFound(context: HttpContext, specs: readonly RouteSpec[]): RouteHandlerMethod {
  const patterns = specs.map(({ method, url }) => ({
    method,
    path: new RegExp(`^${url.replaceAll(/:[a-z]+/g, '[^/]+')}$`),
  }));
  return (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = patterns.filter((pattern) => pattern.path.test(path)).map((pattern) => pattern.method);
    if (methods.length === 0) {
      context.metrics.rejected('no-such-route');
      return sendProblem(reply, problemOf('no-such-route', 'no route has this path'));
    }
    context.metrics.rejected('method-not-allowed');
    reply.header('allow', methods.join(', '));
    return sendProblem(reply, problemOf('method-not-allowed', `it has ${methods.join(', ')}`));
  };
}
