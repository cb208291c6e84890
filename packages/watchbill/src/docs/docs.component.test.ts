import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { runFake } from '../testing/run-all.ts';
import { packedPages, readPages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const run = (...words: readonly string[]) => runFake(['docs', ...words], { cwd: '/' });

test('each page has its own name and a title, and none is for authors of the code', () => {
  const pages = readPages();
  assert.ok(pages.length > 60);
  assert.equal(new Set(pages.map(({ name }) => name)).size, pages.length);
  for (const { file, title } of pages) {
    assert.ok(existsSync(`${ROOT}${file}`), file);
    assert.match(title, /\w/, file);
    assert.doesNotMatch(file, /decisions|README/);
  }
});

test('the name of a page prints the page, in any case of its letters', async () => {
  const { code, stdout } = await run('Adopt');
  assert.equal(code, 0);
  assert.equal(stdout, readFileSync(`${ROOT}docs/duty/how-to/adopt.md`, 'utf8'));
  const { name, title } = JSON.parse((await run('adopt', '--json')).stdout);
  assert.deepEqual([name, title], ['adopt', 'How to adopt a key']);
});

test('words that one title has print its page', async () => {
  const { stdout } = await run('lost its disk');
  assert.match(stdout, /^# A service lost its disk\n/);
});

test('several pages are listed: title first, then headings, and texts only if no other fits', async () => {
  const { pages } = JSON.parse((await run('restore', '--json')).stdout) as {
    pages: { heading: string | null }[];
  };
  const headings = pages.map(({ heading }) => heading !== null);
  assert.deepEqual(
    headings,
    headings.toSorted((a, b) => Number(a) - Number(b)),
  );
  assert.ok(headings.includes(true) && headings.includes(false));
  const { stdout } = await run('store-behind');
  assert.match(stdout, /^page +about\n[\s\S]*\nreasons [\s\S]*\nprint one: watchbill docs PAGE\n$/);
});

test('without a word all pages are listed', async () => {
  const { stdout } = await run();
  assert.equal(stdout.trimEnd().split('\n').length, readPages().length + 3);
});

test('an unknown word is refused with the nearest one', async () => {
  const { code, stderr } = await run('adpot');
  assert.equal(code, 2);
  assert.match(stderr, /no page has adpot[\s\S]*did you mean adopt\? Or `watchbill docs` lists/);
});

test('the pages of the npm package are those of the repository, in at most 300 kB', () => {
  const packed = packedPages();
  assert.deepEqual(JSON.parse(brotliDecompressSync(packed).toString()), readPages());
  assert.ok(packed.length < 300_000, `${packed.length} bytes`);
  assert.throws(() => packedPages([]), /lacks the folder docs/);
});
