// One folder for everything that a run writes to the system's temporary folder, removed at its end. The
// folder of a run that was killed is removed by the next run.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../running.mjs';

/** Short, because the path of a socket may have 107 characters. */
const PREFIX = 'wb-';

/** Makes the folder and points TMPDIR to it. @returns {() => void} removes it */
export function useTemporaryFolder() {
  const root = tmpdir();
  mkdirSync(root, { recursive: true });
  removeAbandoned(root);
  const folder = mkdtempSync(join(root, `${PREFIX}${process.pid}-`));
  // As the system's own folder: a database under test runs as another user.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => remove(folder);
}

function removeAbandoned(root) {
  for (const name of readdirSync(root)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) remove(join(root, name));
  }
}

function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    console.error(`cannot remove ${folder}: ${error.message}; remove it by hand`);
  }
}
