import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MUTATIONS } from './list.ts';
import { PAGE } from './page.ts';
import { applyHunks, readPatch } from './patch.ts';

const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../../../../..');
const NAMES = [...new Set(MUTATIONS.flatMap(({ patches }) => patches))];

test('every mutation has a patch, and every patch is a mutation', () => {
  const patches = readdirSync(FOLDER).filter((file) => file.endsWith('.patch'));
  assert.deepEqual(patches.sort(), NAMES.map((name) => `${name}.patch`).sort());
});

for (const name of NAMES) {
  test(`${name} fits the source and changes it`, () => {
    const files = readPatch(readFileSync(join(FOLDER, `${name}.patch`), 'utf8'));
    assert.ok(files.size > 0, 'the patch names a file');
    for (const [file, hunks] of files) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      assert.notEqual(applyHunks(file, source, hunks), source, file);
    }
  });
}

test('the page of results names no mutation that is gone', () => {
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const named = lines
    .map((line) => /^\| ([mc][0-9]+-[a-z0-9-]+) /.exec(line)?.[1])
    .filter((name) => name !== undefined);
  assert.ok(named.length > 0, 'run npm run sim -- --mutations --page');
  assert.deepEqual(
    named.filter((name) => !NAMES.includes(name)),
    [],
  );
});
