import swaggerUi from '@fastify/swagger-ui';
import { hiddenPage } from '@watchbill/kit/http';
import type { FastifyInstance } from 'fastify';
import { DOCS_STYLE, ICON } from './page-files.ts';

/** The page loads only its own files: scripts and styles from other places are refused. */
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

/** The page that shows the OpenAPI document. All of it works without any other machine. */
export async function registerPages(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    logo: { type: 'image/svg+xml', content: Buffer.from(ICON) },
    theme: {
      title: 'Watchbill API',
      css: [{ filename: 'watchbill.css', content: DOCS_STYLE }],
      favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: ICON }],
    },
    // The standalone layout has a bar that loads other addresses, which the policy of this page forbids, and
    // a logo with a style inside, which the browser refuses.
    uiConfig: {
      layout: 'BaseLayout',
      persistAuthorization: false,
      docExpansion: 'list',
      defaultModelRendering: 'model',
      defaultModelExpandDepth: 2,
    },
  });
  hiddenPage(app, '/icon.svg', async (_request, reply) =>
    reply.type('image/svg+xml').header('content-security-policy', POLICY).send(ICON),
  );
}
