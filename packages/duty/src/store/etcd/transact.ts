import type { CallOptions, StoreFault, Transaction, TransactionResult } from '../port.ts';
import { hasLease } from '../shared/plan.ts';
import { checkRequests, planBatches } from './batch.ts';
import { type Context, outcomeOf } from './call.ts';
import { damagedFault, type Failure } from './faults.ts';
import { flatOf } from './flat.ts';
import { KV, type TxnResponse } from './gen/rpc_pb.js';
import { batchOf, flatHeld, flatTxnOf, nestedOf, type TxnInit, txnOf, valuesOf } from './operations.ts';

/** Below etcd's `--max-request-bytes` (1.5 MiB by default) with room for the envelope. */
const MAX_BATCH_BYTES = 1_000_000;

type Sent =
  | { readonly sent: true; readonly results: readonly TransactionResult[] }
  | { readonly sent: false; readonly fault: StoreFault };

interface Batch {
  readonly indexes: readonly number[];
  readonly transactions: readonly Transaction[];
}

/**
 * Run independent transactions. Throws if certainly none was applied. If some were, or may have been, the
 * others are `ambiguous` with the reason, even those that certainly were not.
 */
export async function transact(
  context: Context,
  transactions: readonly Transaction[],
  options: CallOptions = {},
): Promise<TransactionResult[]> {
  const { maxTxnOps } = context;
  checkRequests(transactions, maxTxnOps);
  const batches = planBatches(transactions, { maxTxnOps, maxBytes: MAX_BATCH_BYTES }).map((indexes) => ({
    indexes,
    transactions: indexes.flatMap((index) => transactions[index] ?? []),
  }));
  const send = (batch: Batch): Promise<Sent> => sendBatch(context, batch, options);
  const leased = batches.filter((batch) => batch.transactions.some(hasLease));
  const sent: Sent[] = [];
  for (const batch of leased) sent.push(await send(batch));
  if (sent.length === 0 || sent.some((one) => one.sent)) {
    sent.push(...(await Promise.all(batches.slice(leased.length).map(send))));
  }
  return collect(transactions.length, batches, sent);
}

/**
 * The transactions of one batch, in the flat form where that has the same results.
 *
 * The nested form follows only when etcd answered that the flat one was not applied. Without that answer the
 * flat one may have been applied, and every transaction of it is ambiguous.
 */
async function sendBatch(context: Context, { transactions }: Batch, options: CallOptions): Promise<Sent> {
  const { clock, callTimeoutMs } = context;
  const deadlineMs = clock.monotonicMs() + (options.timeoutMs ?? callTimeoutMs);
  /** Of each request, with the time that the ones before it left. */
  const left = (): CallOptions => ({ ...options, timeoutMs: deadlineMs - clock.monotonicMs() });
  const flat = transactions.length > 1 ? flatOf(transactions, context.maxTxnOps) : null;
  if (flat === null || !context.flatTurns.next()) return sendNested(context, transactions, left());
  const read = (answer: TxnResponse): boolean => flatHeld(answer, flat);
  const sent = await exchange(context, flatTxnOf(context.keys, flat), read, left());
  if (!sent.ok) return withoutAnswer(transactions, sent.failure);
  if (sent.value) return { sent: true, results: transactions.map(() => ({ outcome: 'applied' })) };
  context.flatTurns.conflicted();
  return sendNested(context, transactions, left());
}

/** One request in which each transaction is one of etcd, with all its own compares. */
async function sendNested(
  context: Context,
  transactions: readonly Transaction[],
  options: CallOptions,
): Promise<Sent> {
  const [first] = transactions;
  const alone = transactions.length === 1 && first !== undefined;
  const txn = alone ? txnOf(context.keys, first) : batchOf(context.keys, transactions);
  const read = (answer: TxnResponse): readonly TransactionResult[] => {
    const answers = alone ? [answer] : nestedOf(answer, transactions.length);
    return transactions.map((transaction, index) => resultOf(transaction, answers[index]));
  };
  const sent = await exchange(context, txn, read, options);
  return sent.ok ? { sent: true, results: sent.value } : withoutAnswer(transactions, sent.failure);
}

type Exchanged<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Pick<Failure, 'fault' | 'nothingApplied'> };

/** One request. It is sent again only if the first sending certainly had no effect. */
async function exchange<T>(
  context: Context,
  txn: TxnInit,
  read: (answer: TxnResponse) => T,
  options: CallOptions,
): Promise<Exchanged<T>> {
  const outcome = await outcomeOf(
    context,
    {
      repeatable: false,
      send: (member, rpc) => member.channel.unary(KV.method.txn, txn, rpc),
      header: ({ header }) => header,
    },
    options,
  );
  if (!outcome.ok) return outcome;
  try {
    return { ok: true, value: read(outcome.value) };
  } catch (error) {
    const fault = damagedFault(outcome.endpoint, error);
    return { ok: false, failure: { fault, nothingApplied: false } };
  }
}

function withoutAnswer(
  transactions: readonly Transaction[],
  failure: Pick<Failure, 'fault' | 'nothingApplied'>,
): Sent {
  const { fault, nothingApplied } = failure;
  if (nothingApplied) return { sent: false, fault };
  return { sent: true, results: transactions.map(() => ({ outcome: 'ambiguous', cause: fault })) };
}

function resultOf(transaction: Transaction, answer: TxnResponse | undefined): TransactionResult {
  if (answer?.succeeded === true) return { outcome: 'applied' };
  if (answer === undefined) throw new Error('etcd answered too few results');
  return { outcome: 'conflict', current: valuesOf(answer, transaction.compares.length) };
}

function collect(count: number, batches: readonly Batch[], sent: readonly Sent[]): TransactionResult[] {
  const fault = sent.find((one) => !one.sent)?.fault;
  if (fault !== undefined && sent.every((one) => !one.sent)) throw fault;
  const results = new Array<TransactionResult>(count);
  batches.forEach(({ indexes }, batchIndex) => {
    const one = sent[batchIndex];
    indexes.forEach((index, position) => {
      const result = one?.sent === true ? one.results[position] : undefined;
      const cause = one?.sent === false ? one.fault : fault;
      results[index] = result ?? {
        outcome: 'ambiguous',
        cause: cause ?? damagedFault('etcd', 'an answer is missing'),
      };
    });
  });
  return results;
}
