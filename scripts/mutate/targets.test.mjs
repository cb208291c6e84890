import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutatedFiles, nearTests, TARGETS, testsFor } from './targets.mjs';

test('each target has files to mutate, none of them a test or a fake, and tests that judge them', () => {
  for (const target of TARGETS) {
    const files = mutatedFiles(target);
    assert.ok(files.length > 0, target.name);
    for (const file of files) assert.doesNotMatch(file, /test[.]ts$|testing/);
    const tests = testsFor(target, files[0]);
    assert.ok(tests.length > 0, target.name);
    for (const file of tests) assert.doesNotMatch(file, /component|simulation/);
  }
});

test('patterns choose files, and the tests named after a file come first', () => {
  const [duty] = TARGETS;
  assert.deepEqual(mutatedFiles(duty, ['rule/window', 'decide']), [
    'packages/duty/src/rule/decide.ts',
    'packages/duty/src/rule/window.ts',
  ]);
  assert.equal(
    testsFor(duty, 'packages/duty/src/rule/window.ts')[0],
    'packages/duty/src/rule/window.test.ts',
  );
  for (const first of testsFor(duty, 'packages/duty/src/rule/decide.ts').slice(0, 3))
    assert.match(first, /^packages\/duty\/src\/rule\/decide[.-]/);
});

test('a first look takes the tests named after a file, or else those directly in its folder', () => {
  const tests = [
    'a/b/one.test.ts',
    'a/b/one-edges.test.ts',
    'a/b/two.test.ts',
    'a/b/c/one.test.ts',
    'a/d.test.ts',
  ];
  assert.deepEqual(nearTests('a/b/one.ts', tests), tests.slice(0, 2));
  assert.deepEqual(nearTests('a/b/other.ts', tests), tests.slice(0, 3));
});
