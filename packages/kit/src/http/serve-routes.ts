import swagger from '@fastify/swagger';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteHandlerMethod,
} from 'fastify';
import { fileDocument, html } from '../html/index.ts';
import { jsonSchema } from './json-schema.ts';
import { type ProblemDocument, problemView, sendProblem } from './problem.ts';
import { fastifySchema, type RouteEntry, type RouteHandlers, type RouteTable } from './route-table.ts';

const MAX_PARAM = 128;
const NO_CONTENT = 204;
/** The validator changes no value. With `verbose`, a refusal knows the schema, for its words. */
const AS_IT_IS = { coerceTypes: false, removeAdditional: false, useDefaults: false };

export interface AppOptions {
  readonly log: FastifyBaseLogger;
  /** The most bytes of a body. */
  readonly bodyBytes: number;
  /** The document of a request that could not be routed. */
  readonly problemOf: (error: unknown) => ProblemDocument;
}

/** A fastify that converts no value and logs no request, because addresses and headers hold secrets. */
export function openApp({ log, bodyBytes, problemOf }: AppOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    bodyLimit: bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM },
    ajv: { customOptions: { ...AS_IT_IS, allowUnionTypes: true, verbose: true } },
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problemOf(error));
    },
  }) as unknown as FastifyInstance;
  app.removeContentTypeParser('text/plain');
  return app;
}

export type RouteGuard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

export interface RouteParts<Table extends RouteTable, Caller> {
  readonly handlers: RouteHandlers<Table, Caller>;
  /** Runs before a body is read; it answers a caller that it refuses. */
  readonly guard: (entry: Table[keyof Table]) => RouteGuard;
  /** The caller that the guard let through. */
  readonly callerOf: (request: FastifyRequest) => Caller;
  /** The document for an address without a route, and for a wrong method. */
  readonly refuse: (code: 'no-such-route' | 'method-not-allowed', detail: string) => ProblemDocument;
}

/** Registers every route of the table. */
export async function serveRoutes<Table extends RouteTable, Caller>(
  app: FastifyInstance,
  table: Table,
  parts: RouteParts<Table, Caller>,
): Promise<void> {
  for (const [name, entry] of Object.entries(table)) {
    const route = (of: FastifyInstance) =>
      of.route({
        method: entry.method,
        url: entry.url,
        schema: fastifySchema(entry),
        exposeHeadRoute: entry.method === 'GET' && entry.limits?.held !== true,
        onRequest: parts.guard(entry as Table[keyof Table]),
        handler: handlerOf(entry, parts.handlers[name] as AnyHandler, parts.callerOf),
      });
    if (entry.plainJson === true) await app.register(async (plain) => void route(withPlainJson(plain)));
    else route(app);
  }
  app.setNotFoundHandler(notFound(Object.values(table), parts.refuse));
}

/** Fastify has checked the parts against the shapes of the entry. */
type AnyHandler = (input: unknown) => Promise<unknown>;

function handlerOf(
  { access, answers }: RouteEntry,
  handle: AnyHandler,
  callerOf: (request: FastifyRequest) => unknown,
): RouteHandlerMethod {
  const status = Number(Object.keys(answers)[0]);
  return async (request, reply) => {
    const { params, query, body } = request;
    const caller = access === 'open' ? null : callerOf(request);
    const answer = await handle({ params, query, body, caller, request, reply });
    if (reply.sent) return reply; // it is a promise of its end: await never gives it back
    return status === NO_CONTENT ? reply.code(status).send() : reply.code(status).send(answer);
  };
}

function withPlainJson(app: FastifyInstance): FastifyInstance {
  app.removeContentTypeParser('application/json');
  const parser = app.getDefaultJsonParser('ignore', 'ignore');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parser);
  return app;
}

/** For a browser; a program gets a problem document. */
const NO_SUCH_PAGE = fileDocument({
  title: 'No such page',
  header: html`<a class="home" href="/">Watchbill</a>`,
  content: html`<h1>No such page</h1><p>This address has no page. <a href="/">Go to the first page</a>.</p>`,
  footer: null,
});

/** 405 if the path exists with other methods, else 404. Does not repeat the path itself. */
function notFound(
  entries: readonly RouteEntry[],
  refuse: RouteParts<RouteTable, unknown>['refuse'],
): RouteHandlerMethod {
  const patterns = entries.map(({ method, url }) => ({
    method,
    path: new RegExp(`^${url.replaceAll(/:[a-z]+/g, '[^/]+')}$`),
  }));
  return (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = patterns.filter((pattern) => pattern.path.test(path)).map(({ method }) => method);
    if (methods.length === 0) {
      if (request.headers.accept?.includes('text/html') === true)
        return reply.code(404).type('text/html; charset=utf-8').send(NO_SUCH_PAGE);
      return sendProblem(reply, refuse('no-such-route', 'no route has this path'));
    }
    reply.header('allow', methods.join(', '));
    return sendProblem(reply, refuse('method-not-allowed', `it has ${methods.join(', ')}`));
  };
}

/** The document as JSON; its shape is OpenAPI 3.1. */
export type OpenApiDocument = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
};

/** The parts of an OpenAPI document that no route has. */
export interface OpenApiHead {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  /** In the order in which a page shows them. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly securitySchemes: Readonly<Record<string, object>>;
  /** Paths that no route of the table answers. */
  readonly paths: Readonly<Record<string, object>>;
}

/** A page that is not part of the document. */
export function hiddenPage(app: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  app.get(url, { schema: { hide: true }, exposeHeadRoute: true }, handler);
}

/** Collects the routes that are registered after this call; `/openapi.json` is their document. */
export async function registerOpenApi(app: FastifyInstance, head: OpenApiHead): Promise<void> {
  const { info, tags, securitySchemes, paths } = head;
  app.addSchema({ $id: 'Problem', ...jsonSchema(problemView, 'output') });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, license: { name: 'Apache-2.0' } },
      tags: [...tags],
      // `mutualTLS` is of OpenAPI 3.1; the types of the plugin know 3.0.
      components: { securitySchemes: securitySchemes as never },
      paths,
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`),
    },
  });
  hiddenPage(app, '/openapi.json', async () => app.swagger());
}

/** The document of a table without a running server, for the docs. */
export async function openApiOf(table: RouteTable, head: OpenApiHead): Promise<OpenApiDocument> {
  const app = fastify();
  await registerOpenApi(app, head);
  for (const entry of Object.values(table))
    app.route({
      method: entry.method,
      url: entry.url,
      schema: fastifySchema(entry),
      handler: async () => null,
    });
  await app.ready();
  const document = app.swagger() as unknown as OpenApiDocument;
  await app.close();
  return document;
}
