// The core of `duty` and what `coordinate` computes with read no clock and draw nothing: what the import
// rules cannot see, read from their text.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { isTestOnly } from './check/sources.mjs';
import { ROOT } from './pinned.mjs';

const FORBIDDEN = [
  /\bDate\b/,
  /\bMath\s*\.\s*random\b/,
  /\b(?:performance|process|globalThis|fetch|console)\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bcrypto\s*\./,
  /\bimport\s*\(/,
];

/** Of the same bytes they always make the same bytes. */
const PURE_CRYPTO = new Set(['{ createHash }', '{ createHmac, createSecretKey, timingSafeEqual }']);

/** The violations in a source. Comments and types are ignored, because they run no code. */
async function impurities(source) {
  const { code } = await transform(source, { loader: 'ts', format: 'esm', legalComments: 'none' });
  const found = FORBIDDEN.flatMap((pattern) => code.match(pattern)?.[0] ?? []);
  const fromCrypto = [...code.matchAll(/import\s+(.*?)\s+from\s*["'](?:node:)?crypto["']/g)].map(
    ([, names]) => names,
  );
  return [...found, ...fromCrypto.filter((names) => !PURE_CRYPTO.has(names))];
}

/** Folders that must be pure, and the folders beside them that need not be. */
const PURE = [
  { name: 'duty', pattern: 'packages/duty/src/**/*.ts' },
  { name: 'coordinate', pattern: 'packages/coordinate/src/{*,{engine,go-random,quorum,rfc12,wire}/**/*}.ts' },
  {
    name: 'nominate',
    pattern:
      'packages/nominate/src/{{!(api|chain|io|jobs|notify|pages|payouts|places|releases|server|service|storage|telemetry|transactions),chain/calendar,telemetry/{feed,tracker}}/**/*,places/{own-addresses,port,ranges,table-rows}}.ts',
  },
];

for (const { name, pattern } of PURE) {
  test(`the core of ${name} is pure`, async () => {
    const files = globSync(pattern, { cwd: ROOT })
      .filter((file) => !isTestOnly(file))
      .sort();
    assert.ok(files.length > 5, `the sources of ${name} are there`);
    for (const file of files) {
      const found = await impurities(readFileSync(join(ROOT, file), 'utf8'));
      assert.deepEqual(found, [], `${file} is not pure`);
    }
  });
}

for (const source of [
  'export const now = () => Date.now();',
  'export const dice = Math.random();',
  'export const t = performance.now();',
  'setTimeout(() => {}, 1);',
  "import { randomBytes } from 'node:crypto'; export const r = randomBytes(4);",
  "import * as c from 'crypto'; export const r = c;",
  'export const id = crypto.randomUUID();',
  "export const fs = await import('node:fs');",
]) {
  test(`would be seen: ${source}`, async () => {
    assert.notDeepEqual(await impurities(source), []);
  });
}

test('comments and types are not code', async () => {
  assert.deepEqual(await impurities('/** No Date here. */ export type At = Date; export const a = 1;'), []);
});
