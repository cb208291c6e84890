import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './file-circles.mjs';
import { plantTree } from './fixture-tree.mjs';

/** Files of which each imports the type of the next, and the last that of the first. */
const circleOf = (count) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `packages/fleet/src/${at}.ts`,
      `import type { T } from './${(at + 1) % count}.ts';\nexport type { T };\n`,
    ]),
  );

test('a circle of five files is refused, with its imports', async (t) => {
  const { exitCode, lines } = await run(plantTree(t, circleOf(5)).root, []);
  assert.equal(exitCode, 1);
  assert.match(
    lines.join('\n'),
    /cycle: .*0\.ts, .*4\.ts\n {2}packages\/fleet\/src\/0\.ts imports \.\/1\.ts/,
  );
});

test('a circle of four files is accepted, and so are tests that close a larger one', async (t) => {
  const { 'packages/fleet/src/4.ts': last, ...rest } = circleOf(5);
  const closedByTest = { ...rest, 'packages/fleet/src/4.test.ts': last };
  for (const files of [circleOf(4), closedByTest])
    assert.equal((await run(plantTree(t, files).root, [])).exitCode, 0);
});
