// Searches the models of spec/ with Spin: each protocol must hold, and each rule left out must show.
//
// node scripts/models.mjs                    all groups, without the long searches
// node scripts/models.mjs duty               one group: duty or quorum
// node scripts/models.mjs --only TEXT        the searches that have this text in their name
// node scripts/models.mjs --again            also those that this machine searched before
// WATCHBILL_LONG=1 node scripts/models.mjs   the long ones too: some minutes, and 6 GB
//
// Needs spin and gcc. Exits with 1 if one search found anything else than expected, for example if a control
// found no violation.

import { availableParallelism } from 'node:os';
import { readFlags } from './flags.mjs';
import { search } from './models/search.mjs';
import { searchesOf } from './models/searches.mjs';

/** @typedef {import('./models/search.mjs').Configuration} Configuration */

/** By the name of the group on the command line. @type {Record<string, readonly Configuration[]>} */
export const GROUPS = { duty: searchesOf('duty'), quorum: searchesOf('quorum') };

/**
 * The searches that the arguments ask for. Throws on an unknown group, and if no search is left.
 * @param {readonly string[]} groups names; none means all
 * @param {string} only text in the name
 * @param {boolean} withLong
 * @returns {readonly Configuration[]}
 */
export function choose(groups, only, withLong) {
  for (const group of groups) {
    if (!Object.hasOwn(GROUPS, group)) {
      throw new Error(`unknown group ${group}; valid: ${Object.keys(GROUPS).join(', ')}`);
    }
  }
  const all = (groups.length === 0 ? Object.keys(GROUPS) : groups).flatMap((group) => GROUPS[group]);
  const chosen = all.filter(({ name, isLong }) => name.includes(only) && (withLong || !isLong));
  if (chosen.length === 0) throw new Error(`no search has "${only}" in its name`);
  return chosen;
}

/**
 * @param {readonly Configuration[]} configurations
 * @param {{ again: boolean }} options
 * @returns {Promise<number>} how many found anything else than expected
 */
async function searchAll(configurations, options) {
  const width = Math.max(...configurations.map(({ name }) => name.length));
  const line = (name, expected, found, states, seconds) =>
    `${name.padEnd(width)}  ${expected.padEnd(17)}  ${found.padEnd(17)}  ${states.padStart(10)}  ${seconds.padStart(7)}`;
  console.log(line('configuration', 'expected', 'found', 'states', 'seconds'));
  let wrong = 0;
  const left = [...configurations];
  const searchNext = async () => {
    const configuration = left.shift();
    if (configuration === undefined) return;
    const startMs = performance.now();
    const { found, states, isKnown } = await search(configuration, options);
    const seconds = isKnown ? 'before' : ((performance.now() - startMs) / 1000).toFixed(1);
    const isWrong = found !== configuration.expected;
    wrong += Number(isWrong);
    const shown = line(configuration.name, configuration.expected, found, String(states), seconds);
    console.log(isWrong ? `${shown}  WRONG` : shown);
    await searchNext();
  };
  // A long search needs the memory for itself.
  const atOnce = configurations.some(({ isLong }) => isLong) ? 1 : Math.min(availableParallelism(), 4);
  await Promise.all(Array.from({ length: atOnce }, searchNext));
  return wrong;
}

async function main() {
  const options = /** @type {const} */ ({
    only: { type: 'string', default: '' },
    again: { type: 'boolean', default: false },
  });
  const { values, positionals } = readFlags(import.meta.url, { options, allowPositionals: true });
  const chosen = choose(positionals, values.only, process.env.WATCHBILL_LONG === '1');
  const startMs = performance.now();
  const wrong = await searchAll(chosen, values);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  console.log(`${chosen.length} searches in ${seconds} s, ${wrong} not as expected`);
  return wrong === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
