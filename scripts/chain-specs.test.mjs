// The chain specifications of the testkit are those that their page describes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { CHAINS } from '@watchbill/testkit/chopsticks';
import { ROOT } from './pinned.mjs';

const FOLDER = join(ROOT, 'packages/testkit/chain-specs');
const MOST_BYTES = 16 * 2 ** 20;
const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const files = globSync('*.raw.json.zst', { cwd: FOLDER }).sort();

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

test('the page has the size and both checksums of each file, and of no other', () => {
  const rows = [...page.matchAll(/^\| `(\S+\.zst)` \| (\d+) \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$/gm)];
  const written = rows.map(([, ...row]) => row).sort();
  const found = files.map((file) => {
    const packed = readFileSync(join(FOLDER, file));
    return [file, String(packed.length), sha256(packed), sha256(zstdDecompressSync(packed))];
  });
  assert.deepEqual(written, found);
});

test('the testkit and the page name the same chains as the files', () => {
  const names = files.map((file) => file.replace('.raw.json.zst', ''));
  assert.deepEqual(Object.keys(CHAINS).sort(), names);
  for (const name of names)
    assert.match(page, new RegExp(`^\\| \`${name}\` \\| \\S.* \\| \\S.* \\| \\S.* \\|$`, 'm'));
});

test('the patches that the page links to exist', () => {
  const links = [...page.matchAll(/\]\((sources\/[^)]+)\)/g)].map(([, path]) => path);
  assert.deepEqual([...new Set(links)].sort(), globSync('sources/*', { cwd: FOLDER }).sort());
  for (const path of links) assert.ok(existsSync(join(FOLDER, path)), path);
});

test('together they stay small enough for a repository', () => {
  const bytes = files.reduce((sum, file) => sum + statSync(join(FOLDER, file)).size, 0);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
