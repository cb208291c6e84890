// A module of a programme's own that does not end, in a real process.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Harness, makeHarness, until } from './programme-process.ts';

const HANGS = "export const check = { id: 'never-ends', about: 'hangs', run: () => { for (;;) {} } };\n";

let harness: Harness;
before(async () => {
  harness = await makeHarness();
  writeFileSync(join(harness.dir, 'hangs.mjs'), HANGS);
  const file = join(harness.dir, 'programme.yaml');
  const sha256 = createHash('sha256').update(HANGS).digest('hex');
  const text = readFileSync(file, 'utf8')
    .replace(/^modules:.*$/m, '')
    .replace(/\n {2}checks:\n/, '\n  checks:\n    - { id: never-ends }\n');
  writeFileSync(file, `${text}\nmodules: [{ id: never-ends, sha256: "${sha256}" }]\n`);
  harness.append('modules: [hangs.mjs]');
});
after(() => harness.remove());

test('a module that does not end is unknown for everybody; the service answers and ends when it is told to', async () => {
  const { addresses, stop, errors } = await harness.run();
  const ask = async (path: string) =>
    (await fetch(`${addresses.url}${path}`, { signal: AbortSignal.timeout(60_000) })).json();
  const page = await until(
    async () =>
      (await ask('/v1/candidates?limit=1')) as {
        readonly rows: readonly { readonly stashKey: string; readonly unknown: readonly string[] }[];
      },
    ({ rows }) => rows.length > 0,
  );
  assert.deepEqual(page.rows[0]?.unknown, ['never-ends']);
  const one = JSON.stringify(await ask(`/v1/candidates/${page.rows[0]?.stashKey}`));
  assert.match(one, /the module never-ends failed: it did not end within 2000 ms/);
  const health = (await ask('/v1/health')) as { readonly healthy: boolean };
  assert.equal(typeof health.healthy, 'boolean');
  assert.equal(await stop(), 0, errors());
});
