// A module of a programme's own that does not end, in a real process.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { append, exampleHarness, type Harness, untilFits } from '../service-process.ts';

const HANGS = "export const check = { id: 'never-ends', about: 'hangs', run: () => { for (;;) {} } };\n";

/** The example with this module. */
async function harnessThatHangs(context: TestContext): Promise<Harness> {
  const harness = await exampleHarness(context);
  writeFileSync(join(harness.dir, 'hangs.mjs'), HANGS);
  const sha256 = createHash('sha256').update(HANGS).digest('hex');
  harness.change('programme.yaml', /^modules:.*$/m, '');
  harness.change('programme.yaml', /\n {2}checks:\n/, '\n  checks:\n    - { id: never-ends }\n');
  appendFileSync(
    join(harness.dir, 'programme.yaml'),
    `\nmodules: [{ id: never-ends, sha256: "${sha256}" }]\n`,
  );
  append(harness, 'modules: [hangs.mjs]');
  return harness;
}

test('a module that does not end is unknown for everybody; the service answers and ends when it is told to', async (context) => {
  const { url, end, log } = await (await harnessThatHangs(context)).run();
  const ask = async (path: string) =>
    (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(60_000) })).json();
  const page = await untilFits(
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
  assert.equal(await end(), 0, log());
});
