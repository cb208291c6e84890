// Subjects of commits: at most 72 characters, an area and a colon, then an imperative verb and its object,
// for example `store: fix flaky lease conformance test`. The check reads the commits that came after the one
// that added it; a clone without that commit has none to read.
//
// node scripts/check/subjects.mjs [FOLDER]

import { execFileSync } from 'node:child_process';
import { main } from './ratchet.mjs';

const MAX_LENGTH = 72;
const THIS_FILE = 'scripts/check/subjects.mjs';
const AREA = /^[a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*)*: (?<rest>\S.*)$/;
/** Forms that are not imperative: past tense, `-ing`, third person. */
const NOT_IMPERATIVE = /^(?:\w+(?:ed|ing)|\w+[^s]s|a|an|the|new|no|more|some)$/;
const IMPERATIVES_LIKE_IT = new Set('bring embed feed focus need proceed shed speed string'.split(' '));

/** Why a subject is refused; null if it is good. */
export function problemOf(subject) {
  if (subject.length > MAX_LENGTH)
    return `it has ${subject.length} characters, at most ${MAX_LENGTH} are allowed`;
  const rest = AREA.exec(subject)?.groups?.rest;
  if (rest === undefined) return 'it does not begin with an area and a colon, as in `store: fix …`';
  const [verb = ''] = rest.split(' ');
  if (/^[A-Z]/.test(verb)) return `"${verb}" begins with a capital letter`;
  if (NOT_IMPERATIVE.test(verb) && !IMPERATIVES_LIKE_IT.has(verb))
    return `"${verb}" is not an imperative verb; write what the commit does: fix, add, remove`;
  if (rest.endsWith('.')) return 'it ends with a full stop';
  return null;
}

function git(root, args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Hash and subject of each commit after the one that added this check; merges are left out. */
function subjectsIn(root) {
  let first;
  try {
    first = git(root, ['log', '--diff-filter=A', '--format=%H', '--', THIS_FILE]).trim().split('\n').at(-1);
  } catch {
    return [];
  }
  if (first === undefined || first === '') return [];
  const lines = git(root, ['log', '--no-merges', '--format=%h %s', `${first}..HEAD`]).split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** Reads the commits of a clone. */
export function run(root) {
  const lines = subjectsIn(root).flatMap(([hash, subject]) => {
    const why = problemOf(subject);
    return why === null ? [] : [`${hash} ${subject}`, `  ${why}; change it with: git rebase -i ${hash}^`];
  });
  return { exitCode: lines.length === 0 ? 0 : 1, lines };
}

await main(import.meta.url, run);
