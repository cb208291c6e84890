import fastify from 'fastify';
import type { Board } from './board.ts';
import type { FleetStatus } from './status.ts';

/** The contents of the routes. */
export interface RouteParts {
  readonly contentType: Board['contentType'];
  /** Whether the last look is recent and the exporter is not stopping. */
  readonly readiness: () => { readonly ready: boolean; readonly stopping: boolean };
  readonly status: () => FleetStatus;
  readonly metrics: () => Promise<string>;
}

const INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Watchbill fleet exporter</title>
</head>
<body>
<h1>Watchbill fleet exporter</h1>
<p>It reads nodes and their chain at finalised blocks.</p>
<dl>
<dt><a href="/status"><code>/status</code></a></dt><dd>nodes that answer and signers in the set, JSON</dd>
<dt><a href="/readyz"><code>/readyz</code></a></dt><dd>whether the last look is recent; 503 if it is not</dd>
<dt><a href="/metrics"><code>/metrics</code></a></dt><dd>metrics for Prometheus</dd>
</dl>
</body>
</html>
`;

/** The routes: an index at `/`, `/status`, `/healthz`, `/readyz` and `/metrics`. Read-only. */
export function exporterRoutes({ contentType, readiness, status, metrics }: RouteParts) {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' });
  app.get('/', async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
      .send(INDEX),
  );
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const found = readiness();
    return reply.code(found.ready ? 200 : 503).send(found);
  });
  app.get('/status', async () => status());
  app.get('/metrics', async (_request, reply) => reply.type(contentType).send(await metrics()));
  return app;
}
