// Until the first tag there is no release, so no code may serve one: decision 0055. The words of such code
// fail in `packages/` and in pages other than decisions. The check ends itself with the first tag.
//
// node scripts/check/ghosts.mjs [FOLDER]

import { execFileSync } from 'node:child_process';
import { main } from './ratchet.mjs';
import { filesOf, lineAt, textOf } from './sources.mjs';

const PATTERNS = [
  'packages/**/*.{ts,mjs,md}',
  'docs/{install,tests,versions,words}.md',
  'docs/*/{explanation,how-to,reference,tutorial}/**/*.md',
  'scripts/mutate/*.json',
];
const GHOSTS =
  /\b(?:last|older|earlier|previous|next|one more) releases?\b|\bformer (?:names?|paths?|urls?)\b|\bformerUrl\b|\bformat 1(?![:\d])/gi;

/** The lines of a text with such words, each with the words. */
export function ghostsIn(text) {
  return [...text.matchAll(GHOSTS)].map(({ 0: words, index }) => ({ line: lineAt(text, index), words }));
}

/** Reads a tree. From the first release on, its users need the next one to serve them. */
export function run(root) {
  const releases = execFileSync('git', ['tag', '--list'], { cwd: root, encoding: 'utf8' }).trim();
  if (releases !== '') return { exitCode: 0, lines: [] };
  const found = filesOf(root, PATTERNS).flatMap((file) =>
    ghostsIn(textOf(root, file)).map(({ line, words }) => `${file}:${line}: "${words}"`),
  );
  if (found.length === 0) return { exitCode: 0, lines: [] };
  const why = 'ghosts: there was no release yet. Delete what serves one; decision 0055 has the reasons.';
  return { exitCode: 1, lines: [...found, why] };
}

await main(import.meta.url, run);
