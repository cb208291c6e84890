import type { Budget } from '../grpc/budget.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../port.ts';
import { hasLease } from '../shared/plan.ts';
import { checkRequests, planBatches } from './batch.ts';
import { type Context, outcomeOf } from './call.ts';
import { damagedFault } from './faults.ts';
import { KV, type TxnResponse } from './gen/rpc_pb.js';
import { heldTogether, type TxnInit, togetherOf, txnOf, valuesOf } from './operations.ts';

/** After a conflict a batch is sent again in so many parts, until each transaction in conflict is alone. */
const PARTS = 8;

type Batch = readonly Transaction[];

/** A call under way. */
interface Sending {
  readonly context: Context;
  readonly budget: Budget;
  /** A fault is of a transaction that certainly was not applied. */
  readonly ends: Map<Transaction, TransactionResult | StoreFault>;
}

/**
 * Run independent transactions. Throws if certainly none was applied. If some were, or may have been, the
 * others are `ambiguous` with the reason, even those that certainly were not.
 */
export async function transact(
  context: Context,
  transactions: readonly Transaction[],
  budget: Budget,
): Promise<TransactionResult[]> {
  checkRequests(transactions);
  const sending: Sending = { context, budget, ends: new Map() };
  const batches = planBatches(transactions);
  await sendAll(
    sending,
    batches.map((indexes) => indexes.flatMap((index) => transactions[index] ?? [])),
  );
  const ends = transactions.map((one) => sending.ends.get(one) ?? missing());
  const [fault] = ends;
  if (fault instanceof StoreFault && ends.every((end) => end instanceof StoreFault)) throw fault;
  return ends.map((end) => (end instanceof StoreFault ? { outcome: 'ambiguous', cause: end } : end));
}

function missing(): TransactionResult {
  return { outcome: 'ambiguous', cause: damagedFault('etcd', 'an answer is missing') };
}

/** Those with leases first, one after another; if all of them were refused, the others are not sent. */
async function sendAll(sending: Sending, batches: readonly Batch[]): Promise<void> {
  const { ends } = sending;
  const leased = batches.filter((batch) => batch.some(hasLease));
  for (const batch of leased) await send(sending, batch);
  const refusals = leased.flat().map((one) => ends.get(one));
  const others = batches.filter((batch) => !leased.includes(batch));
  const [refusal] = refusals;
  if (refusal instanceof StoreFault && refusals.every((end) => end instanceof StoreFault)) {
    for (const one of others.flat()) ends.set(one, refusal);
  } else await Promise.all(others.map((batch) => send(sending, batch)));
}

/**
 * One batch in one request. If etcd answers that it was not applied, it follows in parts, which finds the
 * transactions in conflict. Without that answer the batch may have been applied, and every transaction of it
 * is ambiguous.
 */
async function send(sending: Sending, batch: Batch): Promise<void> {
  const { context, ends } = sending;
  const [first, ...more] = batch;
  if (first === undefined) return;
  if (more.length === 0) {
    const read = (answer: TxnResponse): TransactionResult => resultOf(first, answer);
    ends.set(first, await exchange(sending, txnOf(context.keys, first), read));
    return;
  }
  const read = (answer: TxnResponse): TransactionResult | null =>
    heldTogether(answer, batch) ? { outcome: 'applied' } : null;
  const end = await exchange(sending, togetherOf(context.keys, batch), read);
  if (end === null) return sendAll(sending, partsOf(batch));
  for (const one of batch) ends.set(one, end);
}

function partsOf(batch: Batch): Batch[] {
  const size = Math.ceil(batch.length / PARTS);
  const count = Math.ceil(batch.length / size);
  return Array.from({ length: count }, (_, part) => batch.slice(part * size, (part + 1) * size));
}

/** One request. It is sent again only if the first sending certainly had no effect. */
async function exchange<T>(
  { context, budget }: Sending,
  txn: TxnInit,
  read: (answer: TxnResponse) => T,
): Promise<T | TransactionResult | StoreFault> {
  const outcome = await outcomeOf(
    context,
    {
      repeatable: false,
      send: (member, rpc) => member.channel.unary(KV.method.txn, txn, rpc),
      header: ({ header }) => header,
    },
    budget,
  );
  if (!outcome.ok) {
    const { fault, nothingApplied } = outcome.failure;
    return nothingApplied ? fault : { outcome: 'ambiguous', cause: fault };
  }
  try {
    return read(outcome.value);
  } catch (error) {
    return { outcome: 'ambiguous', cause: damagedFault(outcome.endpoint, error) };
  }
}

function resultOf({ compares }: Transaction, answer: TxnResponse): TransactionResult {
  if (answer.succeeded) return { outcome: 'applied' };
  return { outcome: 'conflict', current: valuesOf(answer, compares.length) };
}
