import { spawn } from 'node:child_process';
import { canonicalJson } from '../../canonical/json.ts';
import { type KeySigner, MOST_ANSWER_BYTES, signingAnswer } from './port.ts';
import type { KeySigningRequest } from './request.ts';

export interface ProgramSetting {
  /** The program and its arguments; no shell. Secrets have no place in them. */
  readonly command: string;
  readonly args: readonly string[];
  /** All that the program gets of the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * A program of one's own: it gets one {@link KeySigningRequest} as JSON on its input, and answers `{ id, signature }` or
 * `{ id, refused }` as JSON on its output, then ends. What it writes to its error output is not read.
 */
export function programSigner(setting: ProgramSetting): KeySigner {
  return {
    sign: async (request, signal) => {
      const output = await outputOf(setting, textOf(request), signal);
      return 'why' in output
        ? { result: 'unavailable', why: output.why }
        : signingAnswer(output.text, request.id, 'the answer of the signing program');
    },
  };
}

function textOf(request: KeySigningRequest): string {
  return canonicalJson({ ...request });
}

type Output = { readonly text: string } | { readonly why: string };

function outputOf({ command, args, env, timeoutMs }: ProgramSetting, input: string, signal: AbortSignal) {
  return new Promise<Output>((resolve) => {
    const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const give = (output: Output): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      child.kill('SIGKILL');
      child.stdout.destroy();
      resolve(output);
    };
    const stop = (): void => give({ why: 'the signing program was stopped' });
    const late = (): void => give({ why: `the signing program gave no answer within ${timeoutMs} ms` });
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', () => give({ why: 'the signing program could not be started' }));
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MOST_ANSWER_BYTES) give({ why: 'the signing program answered at too great a length' });
    });
    child.on('close', (code) => {
      if (code === 0) give({ text: Buffer.concat(chunks).toString('utf8') });
      else give({ why: `the signing program ended with ${code ?? 'a signal'}` });
    });
    // A program that does not read its input is told by its answer.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${input}\n`);
  });
}
