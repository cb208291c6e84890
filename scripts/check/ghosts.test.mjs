import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { plantTree } from './fixture-tree.mjs';
import { ghostsIn } from './ghosts.mjs';

const CHECK = fileURLToPath(new URL('ghosts.mjs', import.meta.url));

test('the words of code that serves a release are found with their lines', () => {
  const text = 'one\n// of the last release\nconst formerUrl = 1; // Older releases\n';
  assert.deepEqual(ghostsIn(text), [
    { line: 2, words: 'last release' },
    { line: 3, words: 'formerUrl' },
    { line: 3, words: 'Older releases' },
  ]);
  assert.deepEqual(ghostsIn('this release, a newer release, format 12, the last releaser'), []);
});

test('such a word in a package fails until there is a tag', (t) => {
  const { root, write } = plantTree(t, { 'packages/a/one.ts': 'const a = 1;\n' });
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@x', ...args], { cwd: root });
  const check = () => execFileSync(process.execPath, [CHECK, root], { encoding: 'utf8', stdio: 'pipe' });
  git('init', '-q');
  check();
  write({
    'packages/a/one.ts': '\n// as the earlier release wrote it\n',
    'docs/duty/how-to/a.md': 'the last release',
  });
  assert.throws(
    check,
    /docs\/duty\/how-to\/a\.md:1: "last release"\npackages\/a\/one\.ts:2: "earlier release"\n.*decision 0055/s,
  );
  git('commit', '-q', '--allow-empty', '-m', 'one');
  git('tag', 'v1');
  check();
});
