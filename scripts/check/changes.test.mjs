// New lines since the last commit.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { newLines } from './changes.mjs';
import { plantTree } from './fixture-tree.mjs';

const hasGit = spawnSync('git', ['--version']).status === 0;

test('changed, added and untracked lines are new', { skip: hasGit ? false : 'git is not installed' }, (t) => {
  const { root, write } = plantTree(t, { 'docs/a.md': 'one\ntwo\nthree\n' });
  const git = (...args) => {
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    assert.equal(spawnSync('git', ['-C', root, ...author, ...args]).status, 0, args.join(' '));
  };
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--no-verify', '--message', 'first');
  write({ 'docs/a.md': 'one\nTWO\nthree\nfour\nfive\n', 'b.md': 'six\n' });
  const isNew = newLines(root);
  const lines = [1, 2, 3, 4, 5].filter((line) => isNew('docs/a.md', line));
  assert.deepEqual(lines, [2, 4, 5]);
  assert.ok(isNew('b.md', 1));
});

test('outside a repository no line is new', (t) => {
  const { root } = plantTree(t, { 'a.md': 'one\n' });
  assert.equal(newLines(root)('a.md', 1), false);
});
