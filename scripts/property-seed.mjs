// Loaded before a file of tests: its random properties begin with one seed, so that `npm test` judges a commit and not a
// draw. The long form draws anew each time and finds what this seed does not; a failure prints its seed there, too.

import fc from 'fast-check';

const seed = process.env.WATCHBILL_PROPERTY_SEED ?? (process.env.WATCHBILL_LONG === '1' ? null : '20261120');
if (seed !== null) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
