import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { problemOf, run } from './subjects.mjs';

test('an imperative verb and its object, at most 72 characters', () => {
  for (const good of [
    'store: fix flaky lease test',
    'fleet, cli: pass the clock',
    'docs: need Node 20',
    'ci: process all files',
  ])
    assert.equal(problemOf(good), null, good);
  const bad = {
    'store: a law of leases waits until its watch has seen the key': /"a" is not an imperative/,
    'store: fixed a test': /"fixed"/,
    'store: fixes a test': /"fixes"/,
    'store: adding a test': /"adding"/,
    'fix a test': /area and a colon/,
    'store: Fix a test': /capital/,
    'store: fix a test.': /full stop/,
    [`store: fix ${'x'.repeat(70)}`]: /characters, at most 72/,
  };
  for (const [subject, why] of Object.entries(bad)) assert.match(problemOf(subject) ?? '', why, subject);
});

test('commits after the check are read, and the first bad one is named with the way to change it', (t) => {
  const { root, write } = plantTree(t, {});
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@x', ...args], { cwd: root });
  const commit = (subject) => git('commit', '-q', '--allow-empty', '-m', subject);
  git('init', '-q');
  commit('Not judged: it came before.');
  write({ 'scripts/check/subjects.mjs': '' });
  git('add', '.');
  commit('check: refuse bad subjects');
  commit('store: fix a test');
  assert.deepEqual(run(root), { exitCode: 0, lines: [] });
  commit('store: fixed a test');
  const { exitCode, lines } = run(root);
  assert.equal(exitCode, 1);
  assert.match(lines.join('\n'), /store: fixed a test\n {2}"fixed" is not an imperative.*git rebase -i/);
});
