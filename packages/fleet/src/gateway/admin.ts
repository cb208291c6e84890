import fastify from 'fastify';
import type { GatewayContext } from './context.ts';

/** Metrics, health and readiness. */
export function adminServer(context: GatewayContext) {
  const { pool, metrics, stopping } = context;
  const app = fastify({ logger: false });
  app.get('/healthz', async () => ({ ok: true }));
  const whyNotReady = () => {
    if (stopping.aborted) return 'the gateway is stopping';
    if (!pool.backends.some(({ state }) => state === 'ready')) return 'no node is in sync';
    return null;
  };
  app.get('/readyz', async (_request, reply) => {
    const reason = whyNotReady();
    const ready = reason === null;
    const backends = pool.backends.map(({ name, state, detail, height }) => ({
      name,
      state,
      detail,
      height,
    }));
    return reply.code(ready ? 200 : 503).send({ ready, reason, stopping: stopping.aborted, backends });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  return app;
}
