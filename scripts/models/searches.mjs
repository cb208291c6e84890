// Reads the searches of a folder of spec/ from its searches.yaml.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** @typedef {import('./search.mjs').Configuration} Configuration */

/** @param {string} folder @returns {readonly Configuration[]} */
export function searchesOf(folder) {
  const url = new URL(`../../spec/${folder}/searches.yaml`, import.meta.url);
  const models = Object.entries(parse(readFileSync(url, 'utf8')));
  return models.flatMap(([file, searches]) =>
    Object.entries(searches).map(([name, [expected, ...switches]]) => ({
      name,
      model: `${folder}/${file}`,
      expected,
      switches: switches.filter((word) => word !== 'hashed'),
      isLong: name.startsWith('long:'),
      isHashed: switches.includes('hashed'),
    })),
  );
}
