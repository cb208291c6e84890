import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { fileDocument, html, PAGE_POLICY } from '@watchbill/kit/html';
import { hiddenPage } from '@watchbill/kit/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A release has the pages beside its bundle, packed; in a clone `npm run site` writes them, unpacked. */
export const HELP_FOLDER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../../../dist/site/' : './help/',
  import.meta.url,
);
/** The theme of the pages sets styles of elements, and has small images inside its style. */
const POLICY = `${PAGE_POLICY.replace("img-src 'self'", "img-src 'self' data:")}; style-src-attr 'unsafe-inline'`;
/** No part is empty or begins with a point, so no name leads out of the folder. */
const NAME = /^(?:[\w@][\w@.-]*\/)*[\w@][\w@.-]*(\.[a-z]+)$/;
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};
const unpacked = promisify(brotliDecompress);

const NO_PAGES = fileDocument({
  title: 'No pages',
  header: html`<a class="home" href="/">Watchbill</a>`,
  content: html`<h1>This copy of Watchbill has no pages</h1>
<p>The files of a release have them. In a clone, <code>npm run site</code> makes them.
<code>watchbill docs</code> prints the same pages.</p>`,
  footer: null,
});

/** The documentation of this version below `/help/`, for everyone: its text is public. */
export function registerHelp(app: FastifyInstance, folder: URL): void {
  hiddenPage(app, '/help', async (_request, reply) => reply.redirect('/help/', 308));
  hiddenPage(app, '/help/*', async (request, reply) => {
    await answer(folder, request, reply);
    return reply;
  });
}

async function answer(folder: URL, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { '*': asked } = request.params as { '*': string };
  const name = asked.replace(/(^|\/)$/, '$1index.html');
  const type = NAME.test(name) ? TYPES[extname(name)] : undefined;
  const packed = type === undefined ? null : await contentOf(folder, `${name}.br`);
  const content = packed ?? (type === undefined ? null : await contentOf(folder, name));
  if (type === undefined || content === null) {
    if (asked !== '') return void reply.callNotFound();
    return void reply
      .code(404)
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(NO_PAGES);
  }
  const sentPacked = packed !== null && /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  const etag = `"${digest}${sentPacked ? '-br' : ''}"`;
  reply.headers({
    etag,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
  });
  if (request.headers['if-none-match'] === etag) return void reply.code(304).send();
  if (sentPacked) reply.header('content-encoding', 'br');
  reply.type(type).send(packed === null || sentPacked ? content : await unpacked(packed));
}

/** Null if the pages have no such file. */
async function contentOf(folder: URL, name: string): Promise<Buffer | null> {
  try {
    return await readFile(new URL(name, folder));
  } catch {
    return null;
  }
}
