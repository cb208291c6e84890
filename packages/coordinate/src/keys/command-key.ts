import { spawnSync } from 'node:child_process';
import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { OperatorKey, PublicIdentity } from './port.ts';
import { publicKeyText } from './public-key-text.ts';
import { SignerUnavailable } from './signer-unavailable.ts';
import { verifySignature } from './verify.ts';

/** A key that another program holds, for example one that asks an HSM or a remote signer. */
export interface KeyCommand extends PublicIdentity {
  /** The program and its arguments; no shell. Secrets have no place in them. */
  readonly command: readonly [string, ...string[]];
  /** The most time for one signature. The member does nothing else in that time. */
  readonly timeoutMs: number;
}

/** The output of the program after exit 0, or why there is none. */
export type CommandAnswer = { readonly text: string } | { readonly why: string };

export interface CommandKeyParts {
  readonly run: (setting: KeyCommand, line: string) => CommandAnswer;
  readonly nowMs: () => number;
}

export const KEY_REQUEST = 'watchbill/operator-sign/1';

/** An answer is one signature. */
const MOST_ANSWER_BYTES = 16_384;
/** After a failure no request is made for so long, so that a signer that hangs does not stop the member. */
const PAUSE_MS = 10_000;
/** Enough for the messages of several windows, because a repeated step needs the same signatures. */
const KEPT_SIGNATURES = 4_096;

const answerShape = z.strictObject({ signature: z.string().regex(/^0x[0-9a-f]{128}$/) });

/**
 * A key whose signatures come from a program. It gets one line of JSON on its input, for example
 * `{"format":"watchbill/operator-sign/1","key":"ed25519:0x…","message":"0x…"}`, prints
 * `{"signature":"0x…"}` with 64 bytes, and exits with 0. `sign` throws {@link SignerUnavailable} for anything
 * else, and for a signature that does not belong to the key.
 */
export function commandKey(
  setting: KeyCommand,
  { run, nowMs }: CommandKeyParts = { run: runCommand, nowMs: () => performance.now() },
): OperatorKey {
  const kept = new Map<string, Uint8Array>();
  const { scheme, publicKey } = setting;
  let failed: { readonly atMs: number; readonly why: string } | null = null;
  return {
    scheme,
    publicKey,
    sign: (message) => {
      const hex = `0x${Buffer.from(message).toString('hex')}`;
      const known = kept.get(hex);
      if (known !== undefined) return known;
      if (failed !== null && nowMs() < failed.atMs + PAUSE_MS) throw new SignerUnavailable(failed.why);
      const line = JSON.stringify({ format: KEY_REQUEST, key: publicKeyText(setting), message: hex });
      const signature = signatureOf(setting, message, run(setting, line));
      if (typeof signature === 'string') {
        failed = { atMs: nowMs(), why: signature };
        throw new SignerUnavailable(signature);
      }
      failed = null;
      kept.set(hex, signature);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_SIGNATURES && oldest !== undefined) kept.delete(oldest);
      return signature;
    },
  };
}

/** The signature of an answer, or why it has none. */
function signatureOf(
  identity: PublicIdentity,
  message: Uint8Array,
  answer: CommandAnswer,
): Uint8Array | string {
  if ('why' in answer) return answer.why;
  const read = answerShape.safeParse(jsonOrNull(answer.text));
  if (!read.success) return 'the signing program printed no signature';
  const signature = Uint8Array.from(Buffer.from(read.data.signature.slice(2), 'hex'));
  return verifySignature(identity, message, signature)
    ? signature
    : 'the signature of the signing program does not belong to the key';
}

/** The program gets PATH alone of this environment. Its error output is not read: it may contain secrets. */
function runCommand({ command, timeoutMs }: KeyCommand, line: string): CommandAnswer {
  const [program, ...args] = command;
  const { status, stdout, error } = spawnSync(program, args, {
    input: `${line}\n`,
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_ANSWER_BYTES,
    encoding: 'utf8',
  });
  if (status === 0) return { text: stdout };
  const code = error !== undefined && 'code' in error ? String(error.code) : '';
  if (code === 'ETIMEDOUT') return { why: `the signing program gave no answer within ${timeoutMs} ms` };
  if (code === 'ENOBUFS') return { why: `the signing program printed more than ${MOST_ANSWER_BYTES} bytes` };
  if (error !== undefined) return { why: `the signing program could not be run: ${code}` };
  return { why: `the signing program ended with ${status ?? 'a signal'}` };
}
