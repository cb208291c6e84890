import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartFiles } from '../../packages/duty/scripts/deploy/chart.mjs';
import { ROOT } from '../pinned.mjs';
import { pages } from './pages.mjs';

const DOCS = 'docs';
const REFERENCES = 'docs/{,*/}reference/**/*';
const CHART = join('deploy', 'helm', 'watchbill');

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code: 1 a page is stale, 2 asked for what there is not
 */
export async function generate(args) {
  const check = args.length === 1 && args[0] === '--check';
  if (args.length > 0 && !check) {
    console.error('usage: node scripts/generate.mjs [--check]');
    return 2;
  }
  const wanted = new Map([...under(DOCS, await pages()), ...under(CHART, chartFiles())]);
  const stale = staleFiles(wanted);
  if (!check) return write(wanted, stale);
  for (const { name, why } of stale) console.error(`${name} ${why}`);
  if (stale.length > 0) console.error('write them again: node scripts/generate.mjs');
  return stale.length === 0 ? 0 : 1;
}

function under(folder, files) {
  return [...files].map(([name, text]) => [join(folder, name), text]);
}

/** Files that differ from the code, and files of a folder `reference` that nothing generates. */
export function staleFiles(wanted) {
  const differing = [...wanted].flatMap(([name, text]) => {
    const there = textAt(name);
    if (there === undefined) return [{ name, why: 'is missing' }];
    return there === text ? [] : [{ name, why: 'is stale' }];
  });
  const left = globSync(REFERENCES, { cwd: ROOT }).filter((name) => !wanted.has(name));
  return [...differing, ...left.sort().map((name) => ({ name, why: 'is not a generated page' }))];
}

function textAt(name) {
  try {
    return readFileSync(join(ROOT, name), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function write(wanted, stale) {
  for (const { name } of stale) {
    const text = wanted.get(name);
    const path = join(ROOT, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    console.log(`${text === undefined ? 'removed' : 'wrote'} ${name}`);
  }
  console.log(`${wanted.size} files, ${stale.length} changed`);
  return 0;
}
