import { systemClock } from '@watchbill/kit';
import { openTransactions } from '../../../storage/open-transactions.ts';
import { transactionRunner } from '../run.ts';
import type { TransactionChain } from '../runner-ports.ts';
import { FAKE_GENESIS } from './fake-chain.ts';
import { FAKE_CRYPTO, FAST_RULES, fakeSigner, SIGNER } from './fake-programme.ts';

/** A request of the process to the chain in its parent. */
export interface ChainQuestion {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** `value`, or `error` as text. */
export interface ChainReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const METHODS = [
  'facts',
  'factsAt',
  'runtime',
  'build',
  'readPayload',
  'readCall',
  'assemble',
  'readExtrinsic',
  'submit',
  'search',
] as const satisfies readonly (keyof TransactionChain)[];

/**
 * A whole process: its store is a file, its chain is its parent. It kills itself as soon as it has stored a
 * state.
 */
async function run(path: string, killAt: string): Promise<void> {
  const store = await openTransactions(path, () => 1);
  const runner = transactionRunner({
    store,
    chain: remoteChain(),
    crypto: FAKE_CRYPTO,
    genesis: FAKE_GENESIS,
    signers: new Map([[SIGNER, fakeSigner(SIGNER)]]),
    judge: async (_intent, keep) => ({ result: 'judged', keep, dropped: [] }),
    clock: systemClock(),
    limits: { answerTimeoutMs: 60_000, signTimeoutMs: 60_000, signWaitMs: 2_000 },
    rules: FAST_RULES,
    tell: (event) => {
      if (event.kind !== 'performed' || event.effect.kind !== 'store') return;
      if (event.effect.notes.some(({ to }) => to === killAt)) process.kill(process.pid, 'SIGKILL');
    },
  });
  process.on('message', (message) => {
    if (message === 'turn') void runner.turn(new AbortController().signal).then(() => process.send?.('done'));
    else if (message === 'end') process.disconnect();
  });
}

function remoteChain(): TransactionChain {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  process.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return;
    const { id, value, error } = message as ChainReply;
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  const ask = (method: string, args: readonly unknown[]): Promise<unknown> => {
    last += 1;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(last, answer);
    const plain = args.filter((each) => !(each instanceof AbortSignal));
    process.send?.({ id: last, method, args: plain } satisfies ChainQuestion);
    return answer.promise;
  };
  const calls = METHODS.map((method) => [method, (...args: readonly unknown[]) => ask(method, args)]);
  return Object.fromEntries(calls) as unknown as TransactionChain;
}

const [path, killAt] = process.argv.slice(2);
if (path !== undefined && killAt !== undefined) await run(path, killAt);
