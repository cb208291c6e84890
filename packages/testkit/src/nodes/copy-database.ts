import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { untilStopped } from './process.ts';
import type { RunningNode } from './running-node.ts';

const COPY_TIMEOUT_MS = 60_000;
const execute = promisify(execFile);

/** Copy what a node has on disk, its keys on demand. A running node is stopped with SIGSTOP meanwhile, so that the copy is of one moment. */
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

/** Databases have holes, which `cp` keeps. */
async function copyFolder(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  await execute('cp', ['-a', '--sparse=always', `${from}/.`, to], { timeout: COPY_TIMEOUT_MS });
}
