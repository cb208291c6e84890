// Finds the lines that are new since the last commit, so that a check can print them first.

import { spawnSync } from 'node:child_process';

const LIMIT = { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, timeout: 20_000 };

/** Returns a predicate over file and line. If git fails, for example outside a repository, no line is new. */
export function newLines(root) {
  const git = (...args) => spawnSync('git', ['-C', root, ...args], LIMIT);
  const diff = git('diff', '--unified=0', '--no-color', '--no-ext-diff', '--relative', 'HEAD');
  if (diff.status !== 0) return () => false;
  const untracked = new Set(git('ls-files', '--others', '--exclude-standard').stdout.split('\n'));
  const added = addedIn(diff.stdout);
  return (file, line) => untracked.has(file) || added.has(`${file}:${line}`);
}

function addedIn(diff) {
  const added = new Set();
  let file = '';
  for (const text of diff.split('\n')) {
    if (text.startsWith('+++ ')) file = text.slice('+++ b/'.length);
    const hunk = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (hunk === null) continue;
    const count = hunk[2] === undefined ? 1 : Number(hunk[2]);
    for (let nth = 0; nth < count; nth += 1) added.add(`${file}:${Number(hunk[1]) + nth}`);
  }
  return added;
}
