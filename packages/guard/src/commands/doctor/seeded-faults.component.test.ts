// Each seeded fault gives the finding of its check alone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAULTS } from './testing/faults.ts';
import { found, stage } from './testing/stage.ts';

const STATUS: Readonly<Record<string, number>> = { F: 3, E: 3, D: 3, C: 6 };

for (const { name, own, other, staking, seed, finds, also = [], flags } of FAULTS) {
  test(`${name} gives ${finds}`, async (t) => {
    const at = await stage(t, own, other, staking);
    await seed?.(at);
    const report = await at.report(flags);
    assert.deepEqual(found(report), [finds, ...also]);
    assert.equal(report.code, STATUS[finds.slice(0, 1)]);
    // The report shows public parts only.
    assert.doesNotMatch(JSON.stringify(report), /\/\/(Alice|Bob)/);
  });
}

/** Tests that seed faults on real nodes and real runtimes. Each names its findings. */
const REAL = ['guard/test/node/doctor', 'nominate/test/chain/doctor-staking'];

test('each fault has a separate name; the faults that real tests seed too are printed', (t) => {
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  const all = new Set(FAULTS.map(({ finds }) => finds));
  t.diagnostic(`${FAULTS.length} faults are seeded`);
  for (const each of REAL) {
    const text = readFileSync(new URL(`../../../../${each}.test.ts`, import.meta.url), 'utf8');
    const named = new Set(text.match(/(?<=')[C-F] [a-z]+(?:-[a-z]+)+(?=')/g));
    const known = [...named].filter((finding) => all.has(finding));
    t.diagnostic(`packages/${each}.test.ts too: ${known.join(', ')}`);
    assert.ok(known.length > 0, each);
  }
});
