import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { type CoreContext, lost } from './context.ts';

interface Waiting {
  readonly transaction: Transaction;
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Concurrent calls of the store; transactions that come in between wait and share the next call. */
const MAX_CALLS = 2;
/** etcd's nested transactions are bounded by the adapter; this bounds one call of any store. */
const MAX_PER_CALL = 256;

/**
 * Puts concurrent transactions into one call of the store, so that many claims on different marks share a
 * round trip. Each stays a separate transaction with a separate result; the caller makes sure that no two
 * running ones write the same mark.
 */
export function createBatcher(
  { parts, options }: CoreContext,
  maxCalls = MAX_CALLS,
  maxPerCall = MAX_PER_CALL,
) {
  const { store, clock, meter } = parts;
  let waiting: Waiting[] = [];
  let calls = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || calls >= maxCalls || waiting.length === 0) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    while (calls < maxCalls && waiting.length > 0) {
      const batch = takeBatch(waiting, maxPerCall);
      waiting = waiting.filter((item) => !batch.includes(item));
      calls += 1;
      void send(batch).finally(() => {
        calls -= 1;
        schedule();
      });
    }
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const startMs = clock.monotonicMs();
    meter.batch(batch.length);
    try {
      const results = await store.transact(
        batch.map((item) => item.transaction),
        { timeoutMs: options.storeTimeoutMs },
      );
      for (const [index, item] of batch.entries()) {
        const result = results[index] ?? lost();
        meter.storeCall('transact', result.outcome, clock.monotonicMs() - startMs);
        item.resolve(result);
      }
    } catch (error) {
      meter.storeCall('transact', 'fault', clock.monotonicMs() - startMs);
      // A StoreFault means that no write was applied. Another error is a defect and may hide a write.
      for (const item of batch) error instanceof StoreFault ? item.reject(error) : item.resolve(lost(error));
    }
  }

  return {
    /** Rejects with a StoreFault only if certainly no write was applied. */
    submit(transaction: Transaction): Promise<TransactionResult> {
      if (waiting.length >= options.maxInFlight) {
        const message = `more than ${options.maxInFlight} transactions wait for the store`;
        return Promise.reject(new StoreFault('unavailable', message, 'Check the latency of the store.'));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ transaction, resolve, reject });
        schedule();
      });
    },
  };
}

/** The longest run from the front, without transactions that write a key already in the batch. */
function takeBatch(waiting: readonly Waiting[], limit: number): readonly Waiting[] {
  const written = new Set<string>();
  const batch: Waiting[] = [];
  for (const item of waiting) {
    if (batch.length >= limit) break;
    if (item.transaction.writes.some((write) => written.has(write.key))) continue;
    for (const write of item.transaction.writes) written.add(write.key);
    batch.push(item);
  }
  return batch;
}
