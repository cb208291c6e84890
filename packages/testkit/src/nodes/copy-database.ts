import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { untilStopped } from '../managed-process.ts';
import type { RunningNode } from './running-node.ts';

const COPY_TIMEOUT_MS = 60_000;
const execute = promisify(execFile);

/**
 * Copy the files of a node, its keys on demand. A running node is stopped with SIGSTOP during the copy, so
 * that the copy is of one moment.
 */
export async function copyDatabase(
  source: RunningNode,
  target: RunningNode,
  withKeys: boolean,
): Promise<void> {
  const pid = source.pid();
  const pausedHere = pid !== null && !source.paused();
  if (pausedHere) source.pause();
  try {
    if (pid !== null) await untilStopped(pid);
    await copyFolder(source.basePath, target.basePath);
    if (withKeys) await copyFolder(source.keystorePath, target.keystorePath);
  } finally {
    if (pausedHere) source.resume();
  }
}

/** Databases are sparse files, and `cp` keeps them sparse. */
async function copyFolder(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  await execute('cp', ['-a', '--sparse=always', `${from}/.`, to], { timeout: COPY_TIMEOUT_MS });
}
