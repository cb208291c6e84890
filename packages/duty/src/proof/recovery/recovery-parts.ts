import { until } from '@watchbill/kit';
import { type ReadContext, readText, transact } from '../../service/ground/context.ts';
import { keys } from '../../service/ground/keys.ts';
import type { PermitOptions, PermitParts } from '../../service/ground/options.ts';
import { compareOf, toBytes } from '../../service/ground/records.ts';
import type { Compare, Write } from '../../store/index.ts';
import { RecoveryFault } from './fault.ts';

/** The parts of a recovery, with name and address of this service. No service of the ledger runs. */
export interface RecoveryParts
  extends Pick<PermitParts, 'store' | 'ledger' | 'clock' | 'random'>,
    Pick<PermitOptions, 'name' | 'url'> {
  /** Budget of one store call, in milliseconds. */
  readonly timeoutMs: number;
}

/** The same parts for reading records. */
export function readContextOf(parts: Pick<RecoveryParts, 'store' | 'clock' | 'timeoutMs'>): ReadContext {
  const { store, clock, timeoutMs } = parts;
  const storeCall = () => undefined;
  const meter = { decision: storeCall, storeCall, ledgerAppend: storeCall, batch: storeCall };
  return { parts: { store, clock, meter }, options: { storeTimeoutMs: timeoutMs } };
}

const ATTEMPTS = 3;
const PAUSE_MS = 250;

/**
 * One transaction that moves the recovery record from one text to another. If its answer is lost, the record
 * shows whether it was applied. True if it was; false if something that it compares is different. Throws a
 * RecoveryFault `store-unsure`, or a StoreFault with no write applied.
 */
export async function commit(
  parts: RecoveryParts,
  moved: { readonly from: string | null; readonly to: string },
  compares: readonly Compare[],
  writes: readonly Write[],
): Promise<boolean> {
  const from = compareOf(keys.recovery, moved.from);
  const to = { key: keys.recovery, value: toBytes(moved.to) };
  const transaction = { compares: [...compares, from], writes: [...writes, to] };
  const { outcome } = await transact(readContextOf(parts), transaction);
  if (outcome !== 'ambiguous') return outcome === 'applied';
  const isWritten = await until(
    async () => {
      // A transaction without an answer may still be on its way, so the old text alone is no proof.
      const found = await readText(readContextOf(parts), keys.recovery);
      return found === moved.to ? true : null;
    },
    { clock: parts.clock, pauseMs: PAUSE_MS, most: ATTEMPTS },
  );
  if (isWritten !== null) return true;
  throw new RecoveryFault(
    'store-unsure',
    'it is not certain whether a step of the recovery was written',
    'look at the health of the store, and run the same command again: it continues where it stopped',
  );
}
