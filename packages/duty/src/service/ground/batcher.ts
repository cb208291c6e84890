import type { Clock } from '@watchbill/kit';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import type { Meter } from '../ports.ts';

interface Waiting {
  readonly transaction: Transaction;
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (error: unknown) => void;
}

interface BatcherOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly timeoutMs: number;
  /** Concurrent calls of the store; transactions that come in between wait and share the next call. */
  readonly maxCalls: number;
  readonly maxPerCall: number;
  readonly maxWaiting: number;
}

/**
 * Puts concurrent transactions into one call of the store, so that many claims on different marks share a
 * round trip. Each stays a separate transaction with a separate result; the caller makes sure that no two
 * running ones write the same mark.
 */
export function createBatcher(options: BatcherOptions) {
  let waiting: Waiting[] = [];
  let calls = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || calls >= options.maxCalls || waiting.length === 0) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    while (calls < options.maxCalls && waiting.length > 0) {
      const batch = takeBatch(waiting, options.maxPerCall);
      waiting = waiting.filter((item) => !batch.includes(item));
      calls += 1;
      void send(batch).finally(() => {
        calls -= 1;
        schedule();
      });
    }
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const startMs = options.clock.monotonicMs();
    options.meter.batch(batch.length);
    try {
      const results = await options.store.transact(
        batch.map((item) => item.transaction),
        { timeoutMs: options.timeoutMs },
      );
      for (const [index, item] of batch.entries()) {
        const result = results[index] ?? lost();
        options.meter.storeCall('transact', result.outcome, options.clock.monotonicMs() - startMs);
        item.resolve(result);
      }
    } catch (error) {
      options.meter.storeCall('transact', 'fault', options.clock.monotonicMs() - startMs);
      // A StoreFault means that no write was applied. Another error is a defect and may hide a write.
      for (const item of batch) error instanceof StoreFault ? item.reject(error) : item.resolve(lost(error));
    }
  }

  return {
    /** Rejects with a StoreFault only if certainly no write was applied. */
    submit(transaction: Transaction): Promise<TransactionResult> {
      if (waiting.length >= options.maxWaiting) {
        const message = `more than ${options.maxWaiting} transactions wait for the store`;
        return Promise.reject(new StoreFault('unavailable', message, 'Check the latency of the store.'));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ transaction, resolve, reject });
        schedule();
      });
    },
  };
}

/** A result that did not come: the transaction may have been applied. */
export function lost(cause?: unknown): TransactionResult {
  const fault = new StoreFault(
    'unavailable',
    'the store gave no result',
    'Look at the log of the service.',
    cause,
  );
  return { outcome: 'ambiguous', cause: fault };
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
