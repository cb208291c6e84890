// Each seeded fault gives the finding of its check alone.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECKS } from '../../index.ts';
import { FAULTS } from './testing/faults.ts';
import { found, stage } from './testing/stage.ts';

const STATUS: Readonly<Record<string, number>> = { F: 3, E: 3, D: 3, C: 6 };

for (const { name, own, other, staking, unit = {}, files = {}, modes = {}, seed, ...fault } of FAULTS) {
  const { finds, also = [], flags } = fault;
  test(`${name} gives ${finds}`, async (t) => {
    const at = await stage(t, own, other, staking);
    at.setUnit(unit);
    for (const [path, text] of Object.entries(files)) at.put(path, text);
    for (const [path, mode] of Object.entries(modes)) chmodSync(join(at.folder, path), mode);
    await seed?.(at);
    const report = await at.report(flags);
    assert.deepEqual(found(report), [finds, ...also]);
    assert.equal(report.code, STATUS[finds.slice(0, 1)]);
    for (const { what, subject, cost, mend, evidence } of report.findings)
      assert.ok(![what, subject, cost, mend, ...evidence].includes(''), 'every part has a text');
    // The report shows public parts only.
    assert.doesNotMatch(JSON.stringify(report), /\/\/(Alice|Bob)/);
  });
}

test('every check has a fault that a test finds', () => {
  const tables = ['./testing/faults.ts', './public-cases.component.test.ts', '../../doctor/examine.test.ts'];
  const found = tables.flatMap((path) => findingsIn(new URL(path, import.meta.url)));
  assert.deepEqual(
    CHECKS.map(({ id }) => id).filter((id) => !found.some((each) => each.endsWith(` ${id}`))),
    [],
  );
});

/** The findings that a test names, such as `F keystore-shared`. */
const findingsIn = (file: URL): readonly string[] =>
  readFileSync(file, 'utf8').match(/(?<=')[C-F] [a-z]+(?:-[a-z]+)+(?=')/g) ?? [];

/** Tests that seed faults on real nodes and real runtimes. Each names its findings. */
const REAL = ['guard/test/node/doctor', 'nominate/test/chain/doctor-staking'];

test('each fault has a separate name, and real tests seed some of them too', () => {
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  for (const each of REAL) {
    const named = findingsIn(new URL(`../../../../${each}.test.ts`, import.meta.url));
    assert.ok(
      FAULTS.some(({ finds }) => named.includes(finds)),
      each,
    );
  }
});
