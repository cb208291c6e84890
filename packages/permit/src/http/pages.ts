import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** Nothing from elsewhere, no script or style but the page's own files. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const INDEX = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Watchbill permission service</title></head>
<body>
<h1>Watchbill permission service</h1>
<p>For every unit of duty at most one payload is ever granted.</p>
<ul>
<li><a href="/docs">API, to browse</a></li>
<li><a href="/openapi.json">API, as OpenAPI 3.1</a></li>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/readyz">Ready?</a></li>
<li><a href="/livez">Alive?</a></li>
</ul>
</body>
</html>
`;

/** The index, the OpenAPI document and the page that shows it. All of it works without any other machine. */
export async function registerPages(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    theme: { title: 'Watchbill API' },
    uiConfig: { persistAuthorization: false, docExpansion: 'list' },
  });
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(INDEX),
  );
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
