// The program of the thread that verifies signatures: it answers each question, in order.

import { parentPort } from 'node:worker_threads';
import type { SignatureQuestion } from './signature-thread.ts';
import { verifySignature } from './verify.ts';

parentPort?.on('message', ({ id, identity, message, signature }: SignatureQuestion) => {
  parentPort?.postMessage({ id, holds: verifySignature(identity, message, signature) });
});
