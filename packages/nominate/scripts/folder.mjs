// Where the chains of `npm run nominate:local` keep what a programme needs to know of them.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../../scripts/build-cache.mjs';

/** Names the chains; `watchbill nominate init --example` reads it. It is there as long as they run. */
export const RECORD = 'chain.json';

/** Everything that a run writes, and that a programme run in the same folder does. */
const WRITTEN = [
  RECORD,
  'candidates.json',
  'keys',
  'programme.yaml',
  'nominate.yaml',
  'programme.db',
  'programme.db-shm',
  'programme.db-wal',
];

export function localFolder() {
  return join(cacheRoot(), 'nominate-local');
}

/** An empty folder, or that of an earlier run made empty. Throws where it holds anything else. */
export function freshFolder(folder) {
  const strangers = existsSync(folder) ? readdirSync(folder).filter((name) => !WRITTEN.includes(name)) : [];
  if (strangers.length > 0)
    throw new Error(`${folder} holds ${strangers[0]}, which is not ours: name an empty folder with --folder`);
  for (const name of WRITTEN) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
}
