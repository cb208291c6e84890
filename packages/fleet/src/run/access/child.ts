import { spawn } from 'node:child_process';
import { AccessFault } from './access-fault.ts';
import type { Sinks } from './port.ts';

export interface ChildOrder {
  readonly command: string;
  readonly args: readonly string[];
  /** Given to it on its input, which then ends. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a program to its end, or until the signal; forwards its output as it comes. Null if it was stopped.
 */
export function runChild(order: ChildOrder, sinks: Sinks, signal: AbortSignal): Promise<number | null> {
  const { command, args, input, cwd, env } = order;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    child.stdout.on('data', (part: Buffer) => sinks.out(part));
    child.stderr.on('data', (part: Buffer) => sinks.err(part));
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(
        new AccessFault(
          'failed',
          `${command} cannot be started: ${error.message}`,
          'check that it is installed and on the PATH',
          error,
        ),
      );
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(signal.aborted ? null : code);
    });
    child.stdin.end(input ?? '');
  });
}
