// Folders of tests in which processes write until they end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
});

/**
 * A folder that goes with the process of the test. Hooks of a test run in the order in which they were given:
 * one that removes a folder and was given when the folder was made comes before those that end what writes
 * there, and fails where a file appears meanwhile.
 */
export function folderUntilExit(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  made.push(folder);
  return folder;
}
