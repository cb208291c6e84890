import { spawn } from 'node:child_process';
import { z } from 'zod';
import { canonicalJson } from '../../canonical/json.ts';
import type { SigningAnswer, SigningScheme, TransactionSigner } from './port.ts';

export interface ExternalSetting {
  readonly account: string;
  readonly scheme: SigningScheme;
  /** The program and its arguments; no shell. Secrets have no place in them. */
  readonly command: string;
  readonly args: readonly string[];
  /** All that the program gets of the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const MOST_ANSWER_BYTES = 16_384;

const answerShape = z.union([
  z.strictObject({ id: z.string(), signature: z.string().max(256) }),
  z.strictObject({ id: z.string(), refused: z.string().max(1_000) }),
]);

/**
 * A program of one's own: it gets one {@link SigningRequest} as JSON on its input, and answers `{ id, signature }` or `{ id, refused }`
 * as JSON on its output, then ends. What it writes to its error output is not read.
 */
export function externalSigner(setting: ExternalSetting): TransactionSigner {
  const { account, scheme } = setting;
  return {
    account,
    scheme,
    sign: async (request, signal) => {
      const output = await outputOf(setting, canonicalJson(request), signal);
      return 'why' in output ? unavailable(output.why) : answerOf(output.text, request.id);
    },
  };
}

function answerOf(text: string, id: string): SigningAnswer {
  const read = answerShape.safeParse(jsonOf(text));
  if (!read.success) return unavailable('the signing program did not answer as it should');
  if (read.data.id !== id) return unavailable('the signing program answered another request');
  if ('refused' in read.data) return { result: 'refused', why: read.data.refused };
  return { result: 'signature', signature: read.data.signature };
}

type Output = { readonly text: string } | { readonly why: string };

function outputOf(setting: ExternalSetting, input: string, signal: AbortSignal): Promise<Output> {
  const { command, args, env, timeoutMs } = setting;
  return new Promise((resolve) => {
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
    const timer = setTimeout(
      () => give({ why: `the signing program gave no answer within ${timeoutMs} ms` }),
      timeoutMs,
    );
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unavailable(why: string): SigningAnswer {
  return { result: 'unavailable', why };
}
