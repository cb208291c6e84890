import { spawn } from 'node:child_process';
import { messageOf } from '@watchbill/kit';
import { oneLine } from '../../actions/text.ts';

/** How a program ended that reads one line of JSON. */
export type ProgramEnd =
  | { readonly result: 'ok'; readonly output: string }
  /** Exit code 3: the program declines. */
  | { readonly result: 'refused'; readonly detail: string }
  | { readonly result: 'failed'; readonly detail: string };

/** The hex of the largest proposal, with room for the JSON around it. */
const MAX_OUTPUT_CHARACTERS = 2 * 2 ** 20 + 4_096;
const KEPT_CHARACTERS = 2_000;
const REFUSED = 3;

/**
 * Runs a program with its arguments, without a shell; gives it a line of JSON and reads what it prints. It
 * ends with the signal, at the latest after `timeoutMs`. Never rejects.
 */
export function runProgram(
  argv: readonly string[],
  input: Readonly<Record<string, unknown>>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const [program = '', ...args] = argv;
    let [output, said] = ['', ''];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const failed = (detail: string): void => resolve({ result: 'failed', detail: oneLine(detail) });
    // The whole group: what a script started must not sign after the end.
    const stop = (why: string): void => {
      failed(why);
      child.stdout.destroy();
      killGroup(child.pid);
    };
    const aborted = (): void => stop(messageOf(signal.reason));
    const timer = setTimeout(
      () => stop(`ended by SIGKILL (it has ${timeoutMs} ms): ${said.trim()}`),
      timeoutMs,
    );
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length <= MAX_OUTPUT_CHARACTERS) return;
      stop(`it printed more than ${MAX_OUTPUT_CHARACTERS} characters`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
    child.once('error', (error) => {
      settled();
      failed(error.message);
    });
    child.once('close', (code, killed) => {
      settled();
      if (code === 0) return resolve({ result: 'ok', output: output.trim() });
      if (code === REFUSED) return resolve({ result: 'refused', detail: oneLine(said.trim()) });
      const how = killed === null ? `exit code ${code}` : `ended by ${killed} (it has ${timeoutMs} ms)`;
      failed(`${how}: ${said.trim()}`);
    });
    // A program that does not read closes this pipe. Its exit status is reported anyway.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${JSON.stringify(input)}\n`);
  });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended at this moment.
  }
}
