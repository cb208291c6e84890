// Installs Stryker, the mutation tester, outside the workspace.

import { join } from 'node:path';
import { installPinned } from '../npm-folder.mjs';

const STRYKER = {
  here: import.meta.dirname,
  name: 'stryker',
  what: 'mutate: installs Stryker from npm packages once: under a minute, 65 MB in the cache',
};

/** Installs Stryker if it is not there yet. @returns {Promise<string>} the path of its command */
export async function installStryker() {
  return join(await installPinned(STRYKER), 'node_modules/@stryker-mutator/core/bin/stryker.js');
}
