// The third-party packages inside of a bundle, and their licences.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';

/** Licences that allow to ship the code in a bundle, with their text. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
]);

/**
 * A third-party package of a bundle.
 * @typedef {{ path: string, name: string, version: string, license: string, texts: string[] }} Bundled
 */

/**
 * The packages whose files a bundle contains, by their folder in the lock file, in its order.
 * @returns {Bundled[]}
 */
export function thirdPartyOf(metafile) {
  return packagesOf(Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)));
}

/**
 * The packages of files below `node_modules` of a folder.
 * @returns {Bundled[]}
 */
export function packagesOf(files, root = ROOT) {
  const folders = new Set(files.filter((path) => path.includes('node_modules/')).map(folderOf));
  return [...folders].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    if (!isAllowed(license))
      throw new Error(`${name} ${version} has the licence ${license}, which is not in the list of ALLOWED`);
    return { path, name, version, license, texts: textsOf(join(root, path)) };
  });
}

/** An expression without inner brackets: `MIT`, `(MIT OR GPL-3.0)`, `(Apache-2.0 AND BSD-3-Clause)`. */
export function isAllowed(license) {
  if (typeof license !== 'string') return false;
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.has(one.trim())));
}

/** The whole file: a heading per package, then its licence and notices as they are in the package. */
export function licenceText(bundled) {
  const parts = bundled.map(({ name, version, license, texts }) =>
    [`${name} ${version}`, `Licence: ${license}`, ...texts].join('\n\n'),
  );
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `This package contains code of other projects.${rule}${parts.join(rule)}\n`;
}

function folderOf(path) {
  const start = path.lastIndexOf('node_modules/') + 'node_modules/'.length;
  const words = path.slice(start).split('/');
  return path.slice(0, start) + words.slice(0, words[0].startsWith('@') ? 2 : 1).join('/');
}

function textsOf(folder) {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8').trim());
}
