import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { COMMAND } from './ground.ts';

/** A run of the command, to its end. */
export interface Command {
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }>;
  /** SIGTERM; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/** Starts the command in a folder. It is killed at the deadline. */
export function start(folder: string, args: readonly string[], timeoutMs = 600_000): Command {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const texts = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    texts.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    texts.errors += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { ended, stop };
}
