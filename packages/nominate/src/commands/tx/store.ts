import type { Io } from '@watchbill/kit/command/io';
import type { ProgrammeStore } from '../../storage/index.ts';
import { refuseMissingDatabase } from '../run/database.ts';
import { type RunDocument, readRunDocument } from '../run/document.ts';
import { startFault } from '../run/run-fault.ts';

/** Flags of every command on the database of a programme. */
export interface TxFlags {
  readonly config: string;
  readonly json?: boolean;
}

/** Opens the database that a configuration names, and closes it after the work. */
export async function withStore<Value>(
  io: Io,
  config: string,
  work: (store: ProgrammeStore, document: RunDocument) => Promise<Value>,
): Promise<Value> {
  const document = await readRunDocument(io, config);
  refuseMissingDatabase(document);
  const { openDatabaseOf } = await import('../../service/index.ts');
  const store = await openDatabaseOf(document.config, document.dir, () => io.clock.nowMs()).catch(
    (error: unknown) => {
      throw startFault(error);
    },
  );
  try {
    return await work(store, document);
  } finally {
    await store.close();
  }
}
