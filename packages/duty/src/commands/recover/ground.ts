import { fault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Config } from '../../config/schema.ts';
import { RecoveryFault, type RecoveryParts } from '../../proof/recovery/index.ts';
import { RecordError } from '../../rule/index.ts';
import { type FileLedger, type Ledger, openLedger } from '../../service/index.ts';
import { type Store, StoreFault } from '../../store/index.ts';
import { isInLedger, openStore } from '../../store/open.ts';
import { asFault } from '../ledger/runtime.ts';

/** Runs `work` with the ledger of the data folder open for this process alone. */
export async function withLedger<Result>(
  io: Io,
  { service }: Config,
  work: (ledger: FileLedger) => Promise<Result>,
): Promise<Result> {
  return asFault(service.dataDir, async () => {
    const ledger = await openLedger({ dir: service.dataDir, clock: io.clock, random: io.random });
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  });
}

/**
 * Runs `work` with the store of the configuration open; `ledger` opens one that lives in its file. Rejects
 * with a StoreFault.
 */
export async function withStore<Result>(
  io: Io,
  config: Pick<Config, 'store'>,
  ledger: Pick<FileLedger, 'store'> | null,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const say = (_event: object, text: string) => io.err(`${text}\n`);
  const log = { info: () => undefined, warn: say, error: say };
  const wentBack = (detail: string) => {
    throw new StoreFault('damaged', `the store went back while it was read: ${detail}`, 'plan again');
  };
  const store =
    isInLedger(config.store) && ledger !== null
      ? ledger.store()
      : await openStore(config.store, io, log, { engineCall: () => undefined }, wentBack);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The parts of a recovery. */
export function groundOf(
  io: Io,
  { service, store: { timeoutMs } }: Config,
  store: Store,
  ledger: Ledger,
): RecoveryParts {
  return {
    store,
    ledger,
    clock: io.clock,
    random: io.random,
    timeoutMs: Math.max(timeoutMs, LEAST_TIMEOUT_MS),
    name: service.name,
    url: service.url ?? null,
  };
}

/** No node waits for a signature here: a slow store gets time. */
export const LEAST_TIMEOUT_MS = 5_000;

/** An error of the store, a record or the recovery, as the fault of a command. */
export function recoveryFault(error: unknown): unknown {
  if (error instanceof StoreFault)
    return fault('store-unavailable', 'unreachable', { what: error.message, remedy: error.remedy }, error);
  if (error instanceof RecordError)
    return fault(error.code, 'fault', { what: error.message, remedy: error.remedy }, error);
  if (!(error instanceof RecoveryFault)) return error;
  const { code, message: what, remedy } = error;
  return fault(code, code === 'store-unsure' ? 'unknown' : 'denied', { what, remedy }, error);
}
