import swaggerUi from '@fastify/swagger-ui';
import { hiddenPage } from '@watchbill/kit/http';
import type { FastifyInstance } from 'fastify';

/** The icon of the browser tab: a clock. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b3d4f"/>
<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5"/>
<path d="M16 10.5V16l4 2.5" fill="none" stroke="#ffb53e" stroke-width="2.5" stroke-linecap="round"/>
</svg>
`;

/** Laid over the page that shows the API. */
const DOCS_STYLE = `.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .info .title small pre { font-family: inherit; }
@media (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #121212; }
  .swagger-ui { filter: invert(.93) hue-rotate(180deg); }
  .swagger-ui .microlight, .swagger-ui .highlight-code { filter: invert(1) hue-rotate(180deg); }
}
`;

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
