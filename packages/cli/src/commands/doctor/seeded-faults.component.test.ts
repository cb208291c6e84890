// Each seeded fault gives the finding of its check alone. A healthy validator gives no finding.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAULTS } from './testing/faults.ts';
import { found, stage } from './testing/stage.ts';

const STATUS: Readonly<Record<string, number>> = { F: 3, E: 3, D: 3, C: 6 };

test('a healthy validator gives no finding', async (t) => {
  const { report } = await stage(t);
  const healthy = await report();
  assert.deepEqual(found(healthy), []);
  assert.equal(healthy.code, 0);
});

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

/** The findings that the test on real nodes expects, by its text. */
const ON_NODES = new URL('../../../../../test/node/doctor.test.ts', import.meta.url);

test('each fault has a separate name, and those on real nodes are among them', (t) => {
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  const text = readFileSync(ON_NODES, 'utf8');
  const real = new Set(text.match(/(?<=')[C-F] [a-z]+(?:-[a-z]+)+(?=')/g));
  const all = new Set(FAULTS.map(({ finds }) => finds));
  const onNodes = [...real].filter((each) => all.has(each));
  t.diagnostic(`${FAULTS.length} faults are seeded; on real nodes too: ${onNodes.join(', ')}`);
  assert.ok(onNodes.length > 0);
});
