import fastify from 'fastify';
import type { GatewayContext } from './context.ts';

/** Metrics, health and readiness. `frontProblem`: why callers do not reach the gateway, which a front may be the cause of; null where they do. */
export function adminServer(context: GatewayContext, frontProblem: () => Promise<string | null>) {
  const { pool, metrics, stopping } = context;
  const app = fastify({ logger: false });
  app.get('/healthz', async () => ({ ok: true }));
  const whyNotReady = oneAtATime(async () => {
    if (stopping.aborted) return 'the gateway is stopping';
    if (!pool.backends.some(({ state }) => state === 'ready')) return 'no node is in step';
    return frontProblem();
  });
  app.get('/readyz', async (_request, reply) => {
    const reason = await whyNotReady();
    const ready = reason === null;
    const backends = pool.backends.map(({ name, state, detail, height }) => ({
      name,
      state,
      detail,
      height,
    }));
    return reply.code(ready ? 200 : 503).send({ ready, reason, stopping: stopping.aborted, backends });
  });
  // The front asks this of each node, all the time; it asks no other node than those that are ready.
  app.get<{ Params: { name: string } }>('/backends/:name', async ({ params }, reply) => {
    const found = pool.backends.find(({ name }) => name === params.name);
    const status = found === undefined ? 404 : found.state === 'ready' ? 200 : 503;
    return reply.code(status).send({ state: found?.state ?? 'unknown' });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.register.contentType).send(await metrics.register.metrics()),
  );
  return app;
}

/** Those who ask while it is being found out get the same answer. */
function oneAtATime<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | null = null;
  return () => {
    asked ??= find().finally(() => {
      asked = null;
    });
    return asked;
  };
}
