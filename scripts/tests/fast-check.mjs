// fast-check with one seed and a fifth of the runs, so that `npm test` judges a commit and not a draw.
// The long form
// (WATCHBILL_LONG=1) runs every property in full and draws a new seed; a failure prints its seed.

import fc from 'fast-check';

const DEFAULT_RUNS = 100;
const SHARE = 5;
/** Fewer runs than this say too little. */
const FEWEST_RUNS = 5;

const long = process.env.WATCHBILL_LONG === '1';
const seed = process.env.WATCHBILL_PROPERTY_SEED ?? (long ? undefined : '20261120');
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });

/** The parameters of a property with its share of the runs. */
export function shortened(parameters = {}) {
  const runs = parameters.numRuns ?? DEFAULT_RUNS;
  if (long) return parameters;
  return { ...parameters, numRuns: Math.min(runs, Math.max(FEWEST_RUNS, Math.ceil(runs / SHARE))) };
}

export const assert = (property, parameters) => fc.assert(property, shortened(parameters));
export const check = (property, parameters) => fc.check(property, shortened(parameters));
export * from 'fast-check';
// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default { ...fc, assert, check };
