import { spawn } from 'node:child_process';
import { oneLine } from './text.ts';

/** How a command ended. */
export type CommandEnd =
  | { readonly result: 'ok' }
  /** `detail`: its exit code or signal, and the end of its standard error. */
  | { readonly result: 'failed'; readonly detail: string };

export interface CommandOptions {
  readonly timeoutMs: number;
  /** Ends the program. Without a signal, the program continues after this process ends. */
  readonly signal?: AbortSignal;
}

/** Runs a program with its arguments, without a shell. Never rejects. */
export type RunCommand = (argv: readonly string[], options: CommandOptions) => Promise<CommandEnd>;

const KEPT_CHARACTERS = 2_000;

export const runCommand: RunCommand = (argv, { timeoutMs, signal }) =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    let said = '';
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
    child.once('error', (error) => resolve({ result: 'failed', detail: oneLine(error.message) }));
    // Not `close`: a background child of the program may keep the pipe open for ever.
    child.once('exit', (code, killed) => {
      child.stderr.destroy();
      if (code === 0) return resolve({ result: 'ok' });
      const how = killed === null ? `exit code ${code}` : `ended by ${killed} (it has ${timeoutMs} ms)`;
      resolve({ result: 'failed', detail: oneLine(`${how}: ${said.trim()}`) });
    });
  });
