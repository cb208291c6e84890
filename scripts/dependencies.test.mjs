// docs/dependencies.md says of every third-party dependency what it is for; versions are pinned exactly.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './pinned.mjs';

const MANIFESTS = ['package.json', '{packages,test,bench}/**/package.json'];
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

function thirdParty() {
  const files = globSync(MANIFESTS, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] });
  return files.flatMap((file) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
    return KINDS.flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).map(([name, version]) => ({ file, name, version })),
    ).filter(({ name }) => !name.startsWith('@watchbill/') && name !== 'watchbill');
  });
}

/** The rows of the tables: the name in the first cell, then three cells that say something. */
function documented() {
  const text = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const rows = text.matchAll(/^\| `([^`]+)` \|([^|\n]+)\|([^|\n]+)\|([^|\n]+)\|$/gm);
  return [...rows]
    .filter(([, , ...cells]) => cells.every((cell) => cell.trim() !== ''))
    .map(([, name]) => name);
}

test('every third-party dependency has a full line in docs/dependencies.md', () => {
  const names = documented();
  const missing = thirdParty().filter(({ name }) => !names.includes(name));
  assert.deepEqual(
    missing.map(({ file, name }) => `${name} (${file})`),
    [],
  );
});

test('docs/dependencies.md has no line for an unused package, and none twice', () => {
  const used = new Set(thirdParty().map(({ name }) => name));
  const names = documented();
  assert.deepEqual(
    names.filter((name, index) => !used.has(name) || names.indexOf(name) !== index),
    [],
  );
});

test('every third-party dependency is pinned to one exact version', () => {
  const all = thirdParty();
  assert.ok(all.length > 10, 'the dependencies were read');
  for (const { file, name, version } of all) {
    assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} in ${file}`);
    const others = all.filter((other) => other.name === name).map((other) => other.version);
    assert.deepEqual([...new Set(others)], [version], `${name} has one version everywhere`);
  }
});
