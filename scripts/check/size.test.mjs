// The totals of lines, each kind of growth once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { measure, run } from './size.mjs';

const lines = (count) => 'work();\n'.repeat(count);

test('tests, fakes, the testkit and folders `test` count as tests; scripts and bench are one count', (t) => {
  const { root } = plantTree(t, {
    'packages/duty/src/a.ts': lines(101),
    'packages/duty/bin/a.mjs': lines(100),
    'packages/duty/src/a.test.ts': lines(1),
    'packages/duty/src/a/testing/fake.ts': lines(100),
    'packages/duty/test/real/part.ts': lines(1),
    'packages/duty/bench/grant.ts': lines(1),
    'packages/duty/src/gen/c.ts': lines(999),
    'packages/duty/src/text.md': lines(999),
    'packages/testkit/src/a.ts': lines(5),
    'test/support/a.ts': lines(5),
    'scripts/a.mjs': lines(100),
    'packages/kit/bench/a.ts': lines(100),
    'packages/kit/bench/a.test.ts': lines(5),
  });
  assert.deepEqual(measure(root).entries, {
    'packages/duty: product': 300,
    'packages/duty: tests': 200,
    'packages/testkit: tests': 100,
    'scripts, bench: tests': 100,
    'scripts, bench: tools': 300,
    'test: tests': 100,
  });
});

test('the table has lines, ratchet and ceiling; a package outside the plan has none', async (t) => {
  const { root } = plantTree(t, {
    'packages/duty/src/a.ts': lines(1_234),
    'packages/duty/src/a.test.ts': lines(7),
    'packages/other/src/a.ts': lines(100),
    'scripts/a.mjs': lines(3),
  });
  const { exitCode, lines: printed } = await run(root, ['--init']);
  assert.equal(exitCode, 0);
  assert.deepEqual(printed[0].split('\n'), [
    'lines of packages         now  ratchet  ceiling    tests  ratchet  ceiling',
    'duty                    1,234    1,300   38,800        7      100        -',
    'other                     100      100        -        -        -        -',
    'all                     1,334    1,400  143,700        7      100  150,000',
    'scripts, bench              3      100   17,000        -        -        -',
  ]);
});

test('more lines fail with the package, its lines, ratchet and ceiling, and what to do', async (t) => {
  const { root, write } = plantTree(t, { 'packages/duty/src/a.ts': lines(150) });
  await run(root, ['--init']);
  write({ 'packages/duty/src/b.ts': lines(50) });
  assert.equal((await run(root, [])).exitCode, 0, 'up to the next hundred');
  write({ 'packages/duty/src/c.ts': lines(1) });
  assert.deepEqual((await run(root, [])).lines.slice(0, 3), [
    'packages/duty: product: 300, allowed 200',
    '  201 lines now, rounded up; ceiling 38,800',
    '  remove lines, or write a decision page that names the user who needs them (decision 0062)',
  ]);
});

test('moved lines take their ratchet along', async (t) => {
  const { root, write, baseline } = plantTree(t, {
    'packages/duty/src/a.ts': lines(1_000),
    'packages/store/src/a.ts': lines(1_000),
  });
  await run(root, ['--init']);
  write({ 'packages/duty/src/b.ts': lines(350), 'packages/store/src/a.ts': lines(450) });
  assert.equal((await run(root, [])).exitCode, 1);
  assert.equal((await run(root, ['--update'])).exitCode, 0);
  assert.deepEqual(baseline('size'), { 'packages/duty: product': 1_400, 'packages/store: product': 500 });
});
