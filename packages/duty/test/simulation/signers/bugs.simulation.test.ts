import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../../../..');
const LOADER = join(ROOT, 'packages/duty/test/simulation/mutations/load-mutated.mjs');
const FIND = join(ROOT, 'packages/fleet/src/run/operations/testing/signers/find.ts');
const RUNS = 1_000;
const TIMEOUT_MS = 240_000;

const PATCHES = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.patch'));

/** Seeds that find a bug soon: a change of the commands moves that, and then a bug takes longer to find. */
const SEEDS: Readonly<Record<string, number>> = {
  s1: 39,
  s2: 30,
  s3: 34,
  s5: 15,
  s6: 36,
  s7: 34,
  s8: 31,
  s9: 13,
  s10: 15,
};
const OTHER_SEED = 1;

for (const patch of PATCHES)
  test(`the sequences of commands find ${patch}`, () => {
    const env = { ...process.env, SIMULATION_MUTATION: `../signers/${patch.replace('.patch', '')}` };
    const seed = SEEDS[patch.slice(0, patch.indexOf('-'))] ?? OTHER_SEED;
    const args = ['--import', LOADER, FIND, String(RUNS), String(seed), 'as-drawn'];
    const said = execFileSync(process.execPath, args, { env, encoding: 'utf8', timeout: TIMEOUT_MS });
    const found = JSON.parse(said) as { readonly failed: boolean; readonly what: string };
    assert.ok(found.failed, said);
    assert.match(found.what, /both have 0x[0-9a-f]{64}/);
  });

test('there are patches', () => assert.ok(PATCHES.length > 0));
