import { html } from '@watchbill/kit/html';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { openApiDocument } from '../api/openapi.ts';
import type { ApiOptions } from '../api/options.ts';
import { type ProblemDocument, problemOf } from '../api/problem.ts';
import { json } from '../api/reply.ts';
import { readCall } from '../api/request.ts';
import type { Route } from '../api/route.ts';
import { ROUTES } from '../api/routes.ts';
import { send, sendProblem } from '../api/send.ts';
import { makeSite, type Site } from '../api/site.ts';
import { page } from '../pages/layout.ts';
import { absent } from '../pages/page-route.ts';
import { PAGES } from '../pages/routes.ts';
import { StorageFault } from '../storage/port.ts';

/**
 * The API, the old routes and the pages as a read-only plugin for fastify. Paths contain names of candidates,
 * so the server should allow parameters of 256 characters, as {@link nominateServer} does.
 */
export function nominateApi(options: ApiOptions): FastifyPluginAsync {
  return async (app) => {
    const site = makeSite(options);
    app.setErrorHandler((error, request, reply) => sendProblem(reply, problemOfError(site, error, request)));
    app.setNotFoundHandler(async (request, reply) =>
      isPage(request)
        ? send(request, reply, await page(site, NO_PAGE))
        : sendProblem(reply, notFound(request)),
    );
    app.addHook('onResponse', async (request, reply) => {
      site.meter.answered(request.routeOptions.url ?? 'none', reply.statusCode);
    });
    guardRequests(app, site.limits.requests, () => true);
    guardRequests(app, site.limits.downloads, ({ routeOptions: { config } }) => 'isDownload' in config);
    endSlowReaders(app, site.limits.sendMs);
    for (const route of [...ROUTES, ...PAGES]) serve(app, site, route);
    const document = openApiDocument(options.version);
    app.get('/openapi.json', async (request, reply) => send(request, reply, json(document)));
  };
}

function serve(app: FastifyInstance, site: Site, route: Route): void {
  app.route({
    method: 'GET',
    url: route.url,
    exposeHeadRoute: true,
    config: route.isDownload ? { isDownload: true } : {},
    handler: async (request, reply) => {
      const read = readCall(route, {
        params: request.params,
        query: request.query,
        url: request.url,
        ifNoneMatch: request.headers['if-none-match'],
      });
      if (!read.ok) return sendProblem(reply, read.problem);
      return send(request, reply, await route.handle(site, read.call));
    },
  });
}

/** Refuses requests of a kind above the limit with a time to retry, so that a crowd cannot fill memory. */
function guardRequests(
  app: FastifyInstance,
  most: number,
  isOfKind: (request: FastifyRequest) => boolean,
): void {
  const underWay = new Set<FastifyRequest>();
  app.addHook('onRequest', async (request, reply) => {
    if (!isOfKind(request)) return undefined;
    if (underWay.size >= most) return sendProblem(reply, problemOf('busy', `${most} requests are under way`));
    underWay.add(request);
    // Also if the reader disconnects during its answer: `onResponse` is not called then.
    reply.raw.once('close', () => underWay.delete(request));
    return undefined;
  });
  app.addHook('onResponse', async (request) => void underWay.delete(request));
}

/** A reader that takes its answer slowly, or not at all, would keep it in memory. */
function endSlowReaders(app: FastifyInstance, sendMs: number): void {
  app.addHook('onSend', async (_request, { raw }) => {
    const timer = setTimeout(() => raw.destroy(), sendMs).unref();
    raw.once('finish', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
}

/** People open the paths below /status, and get a page. */
function isPage({ method, url }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && url.startsWith('/status/');
}

const NO_PAGE = absent('', 'No such page', html`Begin at the <a href="/status">overview</a>.`);

function notFound({ method }: FastifyRequest): ProblemDocument {
  return method === 'GET' || method === 'HEAD'
    ? problemOf('no-such-route', 'no route has this path')
    : problemOf('method-not-allowed', 'the API is read-only');
}

function problemOfError({ options }: Site, error: unknown, request: FastifyRequest): ProblemDocument {
  const { code } = error as { readonly code?: unknown };
  if (error instanceof StorageFault && error.code === 'request')
    return problemOf('stale-page', error.message);
  if (code === 'FST_ERR_BAD_URL') return problemOf('malformed-url', 'its percent encoding is broken');
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return problemOf('url-too-long', 'a part of the path is too long');
  options.log?.error({ route: request.routeOptions.url, err: error }, 'a request failed');
  return error instanceof StorageFault
    ? problemOf('storage-unavailable', error.code)
    : problemOf('internal', 'an unexpected fault');
}
