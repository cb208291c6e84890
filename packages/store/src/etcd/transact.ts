import type { CallOptions, Transaction, TransactionResult } from '../port.ts';
import { checkTransactions, hasLease, planBatches } from './batch.ts';
import { type Context, call } from './call.ts';
import { damagedFault, type Failure } from './faults.ts';
import type { TxnResponse } from './gen/rpc_pb.js';
import type { KeySpace } from './keys.ts';
import { batchOf, nestedOf, txnOf, valuesOf } from './operations.ts';

/** Below etcd's `--max-request-bytes` (1.5 MiB by default) with room for the envelope. */
const MAX_BATCH_BYTES = 1_000_000;

type Sent =
  | { readonly sent: true; readonly results: readonly TransactionResult[] }
  | { readonly sent: false; readonly failure: Failure };

interface Batch {
  readonly indexes: readonly number[];
  readonly transactions: readonly Transaction[];
}

/**
 * Run independent transactions. Throws where it is certain that none was applied. Where some were, or may have been,
 * the others are `ambiguous` with the reason, although it may be certain for them.
 */
export async function transact(
  context: Context,
  keySpace: KeySpace,
  maxTxnOps: number,
  transactions: readonly Transaction[],
  options?: CallOptions,
): Promise<TransactionResult[]> {
  checkTransactions(transactions, maxTxnOps);
  const batches = planBatches(transactions, { maxTxnOps, maxBytes: MAX_BATCH_BYTES }).map((indexes) => ({
    indexes,
    transactions: indexes.flatMap((index) => transactions[index] ?? []),
  }));
  const send = (batch: Batch): Promise<Sent> => sendBatch(context, keySpace, batch.transactions, options);
  const leased = batches.filter((batch) => batch.transactions.some(hasLease));
  const sent: Sent[] = [];
  for (const batch of leased) sent.push(await send(batch));
  if (sent.length === 0 || sent.some((one) => one.sent)) {
    sent.push(...(await Promise.all(batches.slice(leased.length).map(send))));
  }
  return collect(transactions.length, batches, sent);
}

/** One request; it is never sent twice unless the first is known to have had no effect. */
async function sendBatch(
  context: Context,
  keySpace: KeySpace,
  transactions: readonly Transaction[],
  options?: CallOptions,
): Promise<Sent> {
  const [first] = transactions;
  const alone = transactions.length === 1 && first !== undefined;
  const txn = alone ? txnOf(keySpace, first) : batchOf(keySpace, transactions);
  const outcome = await call(
    context,
    { repeatable: false, send: (member, rpc) => member.kv.txn(txn, rpc), header: ({ header }) => header },
    options,
  );
  if (!outcome.ok) {
    const { failure } = outcome;
    if (failure.nothingApplied) return { sent: false, failure };
    return { sent: true, results: transactions.map(() => ({ outcome: 'ambiguous', cause: failure.fault })) };
  }
  try {
    const answers = alone ? [outcome.value] : nestedOf(outcome.value, transactions.length);
    return {
      sent: true,
      results: transactions.map((transaction, index) => resultOf(transaction, answers[index])),
    };
  } catch (error) {
    const cause = damagedFault(outcome.endpoint, error);
    return { sent: true, results: transactions.map(() => ({ outcome: 'ambiguous', cause })) };
  }
}

function resultOf(transaction: Transaction, answer: TxnResponse | undefined): TransactionResult {
  if (answer?.succeeded === true) return { outcome: 'applied' };
  if (answer === undefined) throw new Error('etcd answered too few results');
  return { outcome: 'conflict', current: valuesOf(answer, transaction.compares.length) };
}

function collect(count: number, batches: readonly Batch[], sent: readonly Sent[]): TransactionResult[] {
  const failure = sent.find((one) => !one.sent)?.failure;
  if (failure !== undefined && sent.every((one) => !one.sent)) throw failure.fault;
  const results = new Array<TransactionResult>(count);
  batches.forEach(({ indexes }, batchIndex) => {
    const one = sent[batchIndex];
    indexes.forEach((index, position) => {
      const result = one?.sent === true ? one.results[position] : undefined;
      const cause = (one?.sent === false ? one.failure : failure)?.fault;
      results[index] = result ?? {
        outcome: 'ambiguous',
        cause: cause ?? damagedFault('etcd', 'an answer is missing'),
      };
    });
  });
  return results;
}
