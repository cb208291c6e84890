// The rule, the core of the service, `nominate` and `coordinate` read no clock and draw nothing. The import
// rules cannot see that, so this reads their text.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { isTestOnly } from './check/sources.mjs';
import { ROOT } from './pinned.mjs';

const FORBIDDEN = [
  // A moment that the caller gives may be written as text.
  /\bDate\b(?!\([^)])/,
  /\bMath\s*\.\s*random\b/,
  /\b(?:performance|process|globalThis|fetch|console)\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bcrypto\s*\./,
  /\bimport\s*\(/,
];

/** A message may have the word "process". */
const TEXT = /"(?:[^"\\\n]|\\.)*"/g;

/** Imports from Node without an effect: of the same values they always make the same value. */
const PURE_IMPORTS = new Set([
  '{ createHash }',
  '{ hash as digestOf }',
  '{ createHmac, createSecretKey, timingSafeEqual }',
  '{ BlockList, isIPv4, isIPv6 }',
  '{ isDeepStrictEqual }',
]);

/** The violations in a source. Comments, types and texts are ignored, because they run no code. */
async function impurities(source) {
  const { code } = await transform(source, { loader: 'ts', format: 'esm', legalComments: 'none' });
  const withoutTexts = code.replace(TEXT, '""');
  const found = FORBIDDEN.flatMap((pattern) => withoutTexts.match(pattern)?.[0] ?? []);
  const fromNode = [...code.matchAll(/import\s+([^;]*?)\s+from\s*["'](?:node:.*?|crypto)["']/g)].map(
    ([, names]) => names.replace(/\s+/g, ' '),
  );
  return [...found, ...fromNode.filter((names) => !PURE_IMPORTS.has(names))];
}

/**
 * Folders that must be pure, and the folders beside them that need not be. In the core of the service these are
 * the queue of transactions, the door that compares secrets, and the check of signatures.
 */
const PURE = [
  {
    name: 'service',
    pattern:
      'packages/duty/src/service/{assemble,modules,{admin,claim,front,observations,original,preference,rollback-reports,session}/**/*,ground/!(batcher),freeze/!(vote-signature)}.ts',
  },
  { name: 'duty', pattern: 'packages/duty/src/rule/**/*.ts' },
  { name: 'coordinate', pattern: 'packages/coordinate/src/{*,{engine,go-random,quorum,rfc12,wire}/**/*}.ts' },
  {
    name: 'nominate',
    pattern:
      'packages/nominate/src/{{!(alerts|api|chain|commands|io|jobs|notify|pages|payouts|places|releases|server|service|storage|telemetry|transactions),chain/calendar,telemetry/{feed,tracker}}/**/*,places/{own-addresses,port,ranges,table-rows}}.ts',
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
  'export const now = () => new Date().toISOString();',
  'export const now = () => new Date;',
  'export const Clock = Date;',
  'export const dice = Math.random();',
  'export const t = performance.now();',
  'setTimeout(() => {}, 1);',
  "import { randomBytes } from 'node:crypto'; export const r = randomBytes(4);",
  "import * as c from 'crypto'; export const r = c;",
  'export const id = crypto.randomUUID();',
  "import { readFileSync } from 'node:fs'; export const read = readFileSync;",
  "export const fs = await import('node:fs');",
]) {
  test(`would be seen: ${source}`, async () => {
    assert.notDeepEqual(await impurities(source), []);
  });
}

test('comments, types and texts are not code, and a given moment may be written', async () => {
  for (const source of [
    '/** No Date here. */ export type At = Date; export const a = 1;',
    "export const why = 'another process';",
    'export const text = (atMs) => new Date(atMs).toISOString();',
  ])
    assert.deepEqual(await impurities(source), []);
});
