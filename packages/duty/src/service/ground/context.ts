import { StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import type { PermitOptions, PermitParts } from './options.ts';

/** Dependencies of every part of the core, made once. */
export interface CoreContext {
  readonly parts: PermitParts;
  readonly options: PermitOptions;
  /** Prefixes whose mirrors cannot be read now. They have one cause, and one line in the log. */
  readonly stale: Set<string>;
}

/** The parts that reading records needs: of a running service, or of a recovery. */
export interface ReadContext {
  readonly parts: Pick<PermitParts, 'store' | 'clock' | 'meter'>;
  readonly options: Pick<PermitOptions, 'storeTimeoutMs'>;
}

/** Reads through the store with the service's own budget, timed. */
export async function readTexts(
  context: ReadContext,
  wanted: readonly string[],
  timeoutMs: number = context.options.storeTimeoutMs,
): Promise<(string | null)[]> {
  const { store, clock, meter } = context.parts;
  const startMs = clock.monotonicMs();
  try {
    const values = await store.read(wanted, { timeoutMs });
    meter.storeCall('read', 'ok', clock.monotonicMs() - startMs);
    return values.map((value) => (value === null ? null : Buffer.from(value).toString('utf8')));
  } catch (error) {
    meter.storeCall('read', 'fault', clock.monotonicMs() - startMs);
    throw error;
  }
}

/** As {@link readTexts}, for one record; null if it is not there. */
export async function readText(context: ReadContext, key: string): Promise<string | null> {
  const [text = null] = await readTexts(context, [key]);
  return text;
}

/** One transaction with the service's own budget. */
export async function transact(
  context: ReadContext,
  transaction: Transaction,
  timeoutMs: number = context.options.storeTimeoutMs,
): Promise<TransactionResult> {
  const [result = lost()] = await context.parts.store.transact([transaction], { timeoutMs });
  return result;
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

const PAGE = 500;

/** Every record under a prefix, page by page. */
export async function listTexts(context: ReadContext, prefix: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let after: string | undefined;
  for (;;) {
    const page = await context.parts.store.list(
      prefix,
      after === undefined ? { limit: PAGE } : { limit: PAGE, after },
      { timeoutMs: context.options.storeTimeoutMs },
    );
    for (const record of page.records) found.set(record.key, Buffer.from(record.value).toString('utf8'));
    after = page.records.at(-1)?.key;
    if (!page.more || after === undefined) return found;
  }
}
