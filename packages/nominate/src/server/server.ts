import fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import type { ApiOptions } from '../api/options.ts';
import { problemOf } from '../api/problem.ts';
import { sendProblem } from '../api/send.ts';
import { nominateApi } from './plugin.ts';

/** The longest name of a candidate, each of its characters as four bytes percent-encoded. */
const LONGEST_PARAMETER = 256 * 12;

/** Time for open requests to finish when the server is closed. */
const DRAIN_MS = 2_000;

/**
 * The HTTP server of a programme, ready to listen. `close()` stops it and gives open requests 2 seconds to
 * finish.
 */
export async function nominateServer(options: ApiOptions): Promise<FastifyInstance> {
  const app = fastify({
    ...(options.log === undefined ? {} : { loggerInstance: options.log as never }),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    bodyLimit: 1_024,
    exposeHeadRoutes: true,
    frameworkErrors: (_error, _request, reply) => {
      // The types of the framework only allow its own shapes here.
      sendProblem(
        reply as unknown as FastifyReply,
        problemOf('malformed-url', 'it cannot be read, or a part of it is too long'),
      );
    },
  }) as unknown as FastifyInstance;
  // A browser opens connections in advance and may never use them: do not wait for those.
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
  });
  await app.register(nominateApi(options));
  await app.ready();
  return app;
}
