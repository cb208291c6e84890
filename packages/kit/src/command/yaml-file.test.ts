import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from './yaml-file.ts';

test('aliases that stand for too much are a problem with a place, not a throw', () => {
  const levels = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x, x]'
      : `a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`,
  );
  const { value, problems } = readYaml(levels.join('\n'), 'bomb.yaml');
  assert.equal(value, undefined);
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.what ?? '', /bomb[.]yaml cannot be read/);
  assert.equal(problems[0]?.where, 'bomb.yaml:1:1');
});

test('a syntax error is a problem with its place', () => {
  const { value, problems } = readYaml('a: 1\na: 2\n', 'twice.yaml');
  assert.equal(value, undefined);
  assert.equal(problems[0]?.where, 'twice.yaml:2:1');
});
