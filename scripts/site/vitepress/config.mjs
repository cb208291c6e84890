// The configuration of VitePress. `data.json` is written by build.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slugOf } from './search.mjs';

const data = JSON.parse(readFileSync(new URL('./data.json', import.meta.url), 'utf8'));
const SEARCH = fileURLToPath(new URL('./search.mjs', import.meta.url));
const CODES = /\/(reasons|problems)\.md$/;

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export.
export default {
  ...{ base: data.base, lang: 'en', title: 'Watchbill', metaChunk: true },
  description: 'One validator on two machines, without signing twice',
  srcExclude: ['node_modules/**', 'public/**'],
  // Without this, a change of colours adds a style to the page, which the policy of the service forbids.
  appearance: { disableTransition: false },
  head: [
    ['script', { src: `${data.base}early.js` }],
    ['link', { rel: 'icon', href: 'data:,' }],
  ],
  // early.js does this: the policy of the service allows no script inside a page.
  transformHtml: (html) => html.replace(/<script id="check-[a-z-]+">.*?<\/script>\s*/g, ''),
  markdown: {
    attrs: { disable: true },
    anchor: { slugify: slugOf },
    // Colours would be styles inside the page, which the policy of the service forbids.
    highlight: (code) => `<pre v-pre><code>${escaped(code)}</code></pre>`,
    config: (md) => md.core.ruler.push('codes', codesAsAnchors),
  },
  themeConfig: {
    siteTitle: `Watchbill ${data.version}`,
    nav: data.nav,
    sidebar: data.sidebar,
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    docFooter: { prev: 'Before', next: 'Next' },
  },
  // By default the name of a style holds the path of its file on this machine.
  vue: { features: { componentIdGenerator: (_path, source, _isProduction, digestOf) => digestOf(source) } },
  vite: {
    plugins: [ownSearch(), listModules()],
    build: { chunkSizeWarningLimit: 4_000 },
  },
};

/** Writes down the modules whose code the pages run, for the licences of a release. */
function listModules() {
  return {
    name: 'list-modules',
    apply: (_config, { isSsrBuild }) => !isSsrBuild,
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => Object.keys(chunk.modules ?? {}));
      writeFileSync(new URL('./modules.json', import.meta.url), JSON.stringify(modules));
    },
  };
}

function escaped(code) {
  return code.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The first row that explains a code has the code as its anchor. */
function codesAsAnchors({ env, tokens }) {
  if (!CODES.test(env.relativePath ?? '')) return;
  const seen = new Set();
  for (const [at, token] of tokens.entries()) {
    if (token.type !== 'td_open' || tokens[at - 1].type !== 'tr_open') continue;
    const [child, ...more] = tokens[at + 1].children;
    if (child?.type !== 'code_inline' || more.length > 0 || seen.has(child.content)) continue;
    seen.add(child.content);
    token.attrSet('id', child.content);
  }
}

/**
 * Index and tokens of the search. VitePress takes functions in its options, but then needs `eval` in the
 * browser, which the policy of the service forbids.
 */
function ownSearch() {
  const OPTIONS = 'theme.value.search.options?.miniSearch?.options)';
  return {
    name: 'own-search',
    enforce: 'pre',
    resolveId: (id) =>
      id === 'own-search' ? SEARCH : id.startsWith('@localSearchIndex') ? `/own/${id}` : undefined,
    load(id) {
      if (id === '/own/@localSearchIndex')
        return `export default { root: () => import('@localSearchIndexroot') }`;
      return id === '/own/@localSearchIndexroot' ? `export default ${JSON.stringify(data.index)}` : undefined;
    },
    transform(code, id) {
      if (!id.endsWith('/VPLocalSearchBox.vue')) return undefined;
      if (code.split(OPTIONS).length !== 2)
        throw new Error('this VitePress reads other options for its search');
      const own = code.replace(OPTIONS, 'OWN_SEARCH)');
      return own.replace(
        'import localSearchIndex',
        `import { SEARCH as OWN_SEARCH } from 'own-search'\nimport localSearchIndex`,
      );
    },
  };
}
