// Each mechanism of decision 0065 exists once, in the kit: no second function has its name, and no other code
// does its work, except in the files that .dependency-cruiser.mjs lists.

import { WAYS_AROUND } from '../../.dependency-cruiser.mjs';
import { main } from './ratchet.mjs';
import { filesOf, isTestOnly, textOf } from './sources.mjs';

/** The problems, one in each line. `sources` maps files to texts; the table of the decision has the names. */
export function problemsOf(sources, page) {
  const filesWith = (pattern) => Object.keys(sources).filter((file) => pattern.test(sources[file]));
  const firstCells = [...page.matchAll(/^\| (`\w+[(].*?) \| /gm)].map(([, cell]) => cell);
  const functions = [...String(firstCells).matchAll(/`(\w+)[(]/g)].flatMap(([, name]) => {
    const found = filesWith(new RegExp(`^export (async )?(function|const) ${name}\\b(?! = [a-z])`, 'm'));
    if (found.length === 1 && found[0].startsWith('packages/kit/')) return [];
    return [`\`${name}\` is one function of the kit; found in: ${found.join(', ') || 'no file'}`];
  });
  const around = Object.entries(WAYS_AROUND).flatMap(([name, [looks, ...files]]) => {
    const found = filesWith(looks).filter((file) => !file.startsWith('packages/kit/'));
    const added = found.filter((file) => !files.includes(file));
    const gone = files.filter((file) => !found.includes(file)).map((file) => `${file} is listed`);
    return [...gone, ...added.map((file) => `${file} goes around \`${name}()\``)];
  });
  return [...functions, ...around];
}

export function run(root) {
  const files = filesOf(root, ['packages/*/src/**/*.ts']).filter((file) => !isTestOnly(file));
  const sources = Object.fromEntries(files.map((file) => [file, textOf(root, file)]));
  const lines = problemsOf(sources, textOf(root, 'docs/decisions/0065-kit-tables.md'));
  return { exitCode: lines.length === 0 ? 0 : 1, lines };
}

await main(import.meta.url, run);
