import { Worker } from 'node:worker_threads';
import { messageOf } from '@watchbill/kit';
import type { PublicIdentity } from './port.ts';
import { verifySignature } from './verify.ts';

/** One question to the thread. `message` are the signed bytes. */
export interface SignatureQuestion {
  readonly id: number;
  readonly identity: PublicIdentity;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** As `VerifySignature`, but asynchronous. Never rejects. */
export type VerifyLater = (
  identity: PublicIdentity,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

interface Waiting extends SignatureQuestion {
  readonly resolve: (holds: boolean) => void;
  readonly deadline: ReturnType<typeof setTimeout>;
}

/** The packed program has JavaScript files, the sources have TypeScript files. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './signature.thread.ts' : './signature.thread.js',
  import.meta.url,
);

/** A signature takes 5 ms at most, and the callers' shares bound how many wait. */
const DEADLINE_MS = 30_000;

/**
 * Verifies in one other thread, which starts at the first question and does not keep the process alive while
 * it is idle. Verifies ed25519 here, because it takes 0.2 ms, as long as a question to the thread. If the
 * thread fails or gives no answer, the process warns once and verifies all signatures here.
 */
export function signatureThread(program: URL = PROGRAM, deadlineMs: number = DEADLINE_MS): VerifyLater {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let failed = false;
  let asked = 0;

  const answered = (id: number, holds: boolean): void => {
    const question = waiting.get(id);
    if (question === undefined) return;
    clearTimeout(question.deadline);
    waiting.delete(id);
    if (waiting.size === 0) worker?.unref();
    question.resolve(holds);
  };
  const fail = (why: string): void => {
    if (failed) return;
    failed = true;
    process.emitWarning(`signatures are verified in the main thread: ${why}`);
    void worker?.terminate();
    for (const { id, identity, message, signature } of [...waiting.values()])
      answered(id, verifySignature(identity, message, signature));
  };
  const start = (): Worker => {
    const started = new Worker(program, { env: {} });
    started.on('message', ({ id, holds }: { id: number; holds: boolean }) => answered(id, holds));
    started.on('error', (error) => fail(messageOf(error)));
    started.on('exit', () => fail('the thread ended'));
    return started;
  };

  return (identity, message, signature) => {
    if (failed || identity.scheme === 'ed25519')
      return Promise.resolve(verifySignature(identity, message, signature));
    worker ??= start();
    const { scheme, publicKey } = identity;
    const question = { id: ++asked, identity: { scheme, publicKey }, message, signature };
    return new Promise((resolve) => {
      const late = () => fail(`the thread gave no answer within ${deadlineMs} ms`);
      waiting.set(question.id, { ...question, resolve, deadline: setTimeout(late, deadlineMs) });
      worker?.ref();
      worker?.postMessage(question);
    });
  };
}

/** The thread of this process. */
export const verifyLater: VerifyLater = signatureThread();
