import { fileURLToPath } from 'node:url';

/** The file that starts watchbill from its sources. */
export const SOURCES = fileURLToPath(new URL('../../watchbill/bin/watchbill.mjs', import.meta.url));

/**
 * The file that starts watchbill under Node. `npm run test:real` packs the command as a release does, so that
 * its tests see what users run, and names it in this variable. A file of tests that runs by itself starts the
 * sources.
 */
export const COMMAND = process.env.WATCHBILL_PACKED ?? SOURCES;
