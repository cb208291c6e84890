import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { pages } from './pages.mjs';

const FOLDER = join('docs', 'reference');

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
  const wanted = await pages();
  const stale = staleFiles(wanted);
  if (!check) return write(wanted, stale);
  for (const { name, why } of stale) console.error(`${join(FOLDER, name)} ${why}`);
  if (stale.length > 0) console.error('write them again: node scripts/generate.mjs');
  return stale.length === 0 ? 0 : 1;
}

/** Pages that differ from the code, and files without a page. */
export function staleFiles(wanted) {
  const there = new Map(
    namesIn(FOLDER).map((name) => [name, readFileSync(join(ROOT, FOLDER, name), 'utf8')]),
  );
  const differing = [...wanted].flatMap(([name, text]) => {
    if (!there.has(name)) return [{ name, why: 'is missing' }];
    return there.get(name) === text ? [] : [{ name, why: 'is stale' }];
  });
  const left = [...there.keys()].filter((name) => !wanted.has(name));
  return [...differing, ...left.map((name) => ({ name, why: 'is not a generated page' }))];
}

function namesIn(folder) {
  try {
    return readdirSync(join(ROOT, folder)).sort();
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function write(wanted, stale) {
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  for (const { name } of stale) {
    const text = wanted.get(name);
    if (text === undefined) rmSync(join(ROOT, FOLDER, name));
    else writeFileSync(join(ROOT, FOLDER, name), text);
    console.log(`${text === undefined ? 'removed' : 'wrote'} ${join(FOLDER, name)}`);
  }
  console.log(`${wanted.size} pages, ${stale.length} changed`);
  return 0;
}
