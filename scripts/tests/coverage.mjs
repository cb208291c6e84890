// The share of lines that tests ran, per package, from the counts of each test process.

import { relative } from 'node:path';
import { isTestOnly } from '../check/sources.mjs';
import { ROOT } from '../pinned.mjs';

const PACKAGE = /^packages\/([^/]+)\/src\/(?!.*\/gen\/)/;

/**
 * One line per package: files seen, lines, and how many of them ran at least once.
 * @param {readonly { path: string, lines: readonly [number, number][] }[]} counted the same file may come
 * from many processes
 * @returns {readonly string[]}
 */
export function coverageTable(counted) {
  const byFile = new Map();
  for (const { path, lines } of counted) {
    const file = relative(ROOT, path);
    if (!PACKAGE.test(file) || isTestOnly(file)) continue;
    const sums = byFile.get(file) ?? new Map();
    for (const [line, count] of lines) sums.set(line, (sums.get(line) ?? 0) + count);
    byFile.set(file, sums);
  }
  const packages = new Map();
  for (const [file, sums] of byFile) {
    const name = PACKAGE.exec(file)?.[1];
    const own = packages.get(name) ?? { files: 0, lines: 0, ran: 0 };
    own.files += 1;
    own.lines += sums.size;
    own.ran += [...sums.values()].filter((count) => count > 0).length;
    packages.set(name, own);
  }
  return ['package      files    lines      ran', ...[...packages].sort().map(row)];
}

function row([name, { files, lines, ran }]) {
  const share = `${((100 * ran) / lines).toFixed(1)} %`;
  return `${name.padEnd(10)}${String(files).padStart(8)}${String(lines).padStart(9)}${share.padStart(9)}`;
}
