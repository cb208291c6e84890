import assert from 'node:assert/strict';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { copyPackage } from './copy.mjs';

test('a copy has the package and the packages that it uses, which resolve to the copy', async (context) => {
  const copy = await copyPackage('duty');
  context.after(() => rmSync(copy, { recursive: true }));
  assert.ok(!copy.startsWith(ROOT));
  for (const name of ['duty', 'kit']) {
    assert.ok(existsSync(join(copy, 'packages', name, 'package.json')), name);
    assert.equal(realpathSync(join(copy, 'node_modules/@watchbill', name)), join(copy, 'packages', name));
  }
  assert.equal(existsSync(join(copy, 'packages/watchbill')), false);
  const installed = realpathSync(join(ROOT, 'node_modules/zod'));
  assert.equal(realpathSync(join(copy, 'node_modules/zod')), installed);
});
