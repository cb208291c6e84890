import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '@watchbill/testkit/pages/page-run';

const PAGES = [
  '*.md',
  'docs/**/*.md',
  'packages/*/{,src/*/}README.md',
  'substrate/*.md',
  'substrate/*/*.md',
  'test/**/*.md',
  'packages/duty/bench/**/*.md',
];

interface Link {
  readonly line: number;
  readonly target: string;
}

/** Lines of a page outside code; inline code is blanked. */
function proseLines(text: string): readonly string[] {
  let inCode = false;
  return text.split('\n').map((line) => {
    const fence = /^\s*(```|~~~)/.test(line);
    if (fence) inCode = !inCode;
    return inCode || fence ? '' : line;
  });
}

/** Links and images of a page that lead to a file or a place of the repository. */
function links(text: string): readonly Link[] {
  return proseLines(text).flatMap((line, index) =>
    [...line.replace(/`[^`]*`/g, 'code').matchAll(/\]\(([^()\s]+)\)/g)]
      .map((found) => ({ line: index + 1, target: found[1] ?? '' }))
      .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target)),
  );
}

/** The anchors of a page as GitHub makes them: from its headings, repeated ones counted. */
function anchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const line of proseLines(text)) {
    const heading = /^#{1,6} +(.*?)\s*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return found;
}

/** Why a link leads nowhere, or null. */
function problem(page: string, { target }: Link): string | null {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
  if (relative(ROOT, file).startsWith('..')) return 'it leads out of the repository';
  if (!existsSync(file)) return 'there is no such file';
  if (anchor === undefined || anchor === '') return null;
  if (statSync(file).isDirectory() || !file.endsWith('.md')) return 'only pages have anchors';
  return anchors(readFileSync(file, 'utf8')).has(anchor) ? null : 'the page has no such heading';
}

test('every link between the pages leads to a file, and to a heading where it names one', () => {
  const pages = globSync(PAGES, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] }).sort();
  const found = pages.map((page) => ({ page, links: links(readFileSync(join(ROOT, page), 'utf8')) }));
  const broken = found.flatMap(({ page, links: all }) =>
    all.flatMap((link) => {
      const why = problem(join(ROOT, page), link);
      return why === null ? [] : [`${page}:${link.line} ${link.target}: ${why}`];
    }),
  );
  assert.ok(found.reduce((sum, { links: all }) => sum + all.length, 0) > 50, 'links are found');
  assert.deepEqual(broken, []);
});

/** Paths of code that a page says was removed, or of another repository. */
const GONE = new Set([
  'docs/low-latency-v2-design.md',
  'packages/fleet/src/gateway/front',
  'packages/permit/src/ledger/entry-file',
  'packages/watchbill/src/reference.ts',
]);
const NAMED_PATH =
  /`(?:node )?((?:packages|scripts|docs|test|substrate|spec|examples|deploy)\/[\w./-]*\w)[ `]/g;

test('every path of the repository that a page names is there', () => {
  const pages = globSync(PAGES, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] });
  const named = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(NAMED_PATH)].map(([, path = '']) => ({ page, path })),
  );
  assert.ok(named.length > 300, `${named.length} paths are named`);
  const missing = named.filter(({ path }) => !GONE.has(path) && !existsSync(join(ROOT, path)));
  assert.deepEqual(missing, []);
});

test('the check sees a missing file, a missing heading, and a way out of the repository', () => {
  const page = join(ROOT, 'README.md');
  const why = (target: string) => problem(page, { line: 1, target });
  assert.equal(why('docs/nowhere.md'), 'there is no such file');
  assert.equal(why('README.md#nowhere'), 'the page has no such heading');
  assert.equal(why('../other/README.md'), 'it leads out of the repository');
  assert.equal(why('docs/duty/reference/http.md#post-v1claims'), null);
  assert.deepEqual(links('a [b](c.md#d) `[e](f.md)`\n```\n[g](h.md)\n```\n[i](https://j.example)'), [
    { line: 1, target: 'c.md#d' },
  ]);
  assert.deepEqual([...anchors('# A b\n## `GET` /v1/x\n## A b\n')], ['a-b', 'get-v1x', 'a-b-1']);
});
