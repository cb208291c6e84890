import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { loadCheck } from './load-checks.ts';

test('a module is loaded from a file; a failure to load is reported', async (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, 'own.mjs');
  const body = "({ outcome: 'fail', message: 'no', remedy: 'yes', evidence: [] })";
  writeFileSync(file, `export const check = { id: 'own', about: 'mine', run: () => ${body} };\n`);
  const loaded = await loadCheck(file);
  assert.ok(loaded.ok);
  assert.equal(loaded.module.check.id, 'own');
  assert.match(loaded.module.sha256, /^[0-9a-f]{64}$/);
  writeFileSync(join(folder, 'bad.mjs'), 'export const check = 5;\n');
  const bad = await loadCheck(join(folder, 'bad.mjs'));
  assert.equal(bad.ok, false);
  const missing = await loadCheck(join(folder, 'none.mjs'));
  assert.ok(!missing.ok && /cannot be loaded/.test(missing.why));
});
