import type { IntentQueries, IntentStore } from '../transactions/store/port.ts';
import { TransactionFault } from '../transactions/transactions-fault.ts';
import { openProgrammeStore } from './open.ts';
import { StorageFault } from './port.ts';

export interface TransactionFile extends IntentStore, IntentQueries {
  readonly close: () => Promise<void>;
}

/** The transactions of a programme whose database is the file. Rejects with a TransactionFault. */
export async function openTransactions(path: string, nowMs: () => number): Promise<TransactionFile> {
  try {
    const { intents, close } = await openProgrammeStore({ file: path }, nowMs);
    return { ...intents, close };
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    throw new TransactionFault(
      'store-refused',
      `${path} cannot be used: ${error.message}`,
      `${error.remedy}; a copy may lack what was sent since`,
      error,
    );
  }
}
