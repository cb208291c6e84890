import { html, type Markup } from '@watchbill/kit/html';
import { type OpenApiOperation, type OpenApiParameter, openApiDocument } from '../api/openapi.ts';
import { TAGS } from '../api/route.ts';
import { nothing } from '../api/shapes/parts.ts';
import { pageRoute } from './page-route.ts';

/** The API, from the OpenAPI document. */
export const apiPage = pageRoute({
  url: '/api',
  params: nothing,
  query: nothing.loose(),
  render: async ({ options }) => {
    const { paths } = openApiDocument(options.version);
    const operations = Object.entries(paths).map(([path, { get }]) => ({ path, get }));
    return {
      title: 'API',
      at: '/api',
      isLive: false,
      content: html`<h1>API</h1>
<p>The API is read-only and public. Programs read <a href="/openapi.json">openapi.json</a>. A failed request gets a document with <code>code</code> and <code>remedy</code>; lists come in pages; answers have an ETag.</p>
${Object.entries(TAGS).map(
  ([tag, heading]) =>
    html`<section class="card"><h2>${heading}</h2><ul class="lines">${operations
      .filter(({ get }) => get.tags.includes(tag))
      .map(({ path, get }) => operation(path, get))}</ul></section>`,
)}`,
    };
  },
});

function operation(path: string, { summary, parameters }: OpenApiOperation): Markup {
  const isOpen = !path.includes('{');
  const name = html`<code>${path}</code>`;
  return html`<li><span class="lead wide">${isOpen ? html`<a href="${path}">${name}</a>` : name}</span><span class="wide">${summary}</span>
${parameters.length > 0 && html`<details class="wide" data-key="${path}"><summary>parameters</summary><dl class="evidence">${parameters.map(parameter)}</dl></details>`}</li>`;
}

function parameter({ name, required, description }: OpenApiParameter): Markup {
  return html`<dt>${name}</dt><dd>${required ? 'required. ' : ''}${typeof description === 'string' ? description : ''}</dd>`;
}
