import { spawn } from 'node:child_process';

/** A signing program of the operator. */
export interface SigningProgram {
  /** The program and its arguments; no shell. They must not contain secrets. */
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Its output after exit 0, or the reason why there is no usable output. */
export type ProgramOutput = { readonly text: string } | { readonly why: string };

/** An answer is a signature or a reason; anything longer is neither. */
export const MOST_ANSWER_BYTES = 16_384;

/**
 * Writes one line to the input of a program and reads its output until it ends. It is killed at the deadline,
 * when `signal` aborts, and when it writes too much. Its error output is not read, because it may contain
 * secrets. Never rejects.
 */
export function askProgram(
  { command, args, env, timeoutMs }: SigningProgram,
  line: string,
  signal: AbortSignal,
): Promise<ProgramOutput> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const give = (output: ProgramOutput): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      child.kill('SIGKILL');
      child.stdout.destroy();
      resolve(output);
    };
    const stop = (): void => give({ why: 'the signing program was stopped' });
    const late = (): void => give({ why: `the signing program did not answer within ${timeoutMs} ms` });
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', () => give({ why: 'the signing program could not be started' }));
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MOST_ANSWER_BYTES) give({ why: 'the answer of the signing program is too long' });
    });
    child.on('close', (code) => {
      if (code === 0) give({ text: Buffer.concat(chunks).toString('utf8') });
      else give({ why: `the signing program ended with ${code ?? 'a signal'}` });
    });
    // If a program does not read its input, its answer shows that.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${line}\n`);
  });
}
