import type { Store } from '@watchbill/duty/store';
import { openStore } from '@watchbill/duty/store/open';
import type { Io } from '@watchbill/kit/command/io';
import { fenceCommand } from '../../../pair/fence.ts';
import { keepRole } from '../../../pair/keeper.ts';
import { termFile } from '../../../pair/terms.ts';
import { uptimeMs } from '../../../run/memory.ts';
import { type PairFile, readPairFile } from './file.ts';

/** The pair of a guard whose folder on disk is `state`. Rejects with a usage fault or a StoreFault. */
export async function openPair(io: Io, path: string, state: string) {
  const { name, fence, store: settings } = readPairFile(io, path);
  const store = await openPairStore(io, settings);
  return {
    prefix: settings.prefix,
    role: keepRole({ store, name, terms: termFile(state), clock: io.clock, uptimeMs }),
    fence: fence === undefined ? null : fenceCommand(fence),
    close: () => store.close(),
  };
}

export async function withPair<Result>(io: Io, path: string, work: (store: Store) => Promise<Result>) {
  const store = await openPairStore(io, readPairFile(io, path).store);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function openPairStore(io: Io, store: PairFile['store']): Promise<Store> {
  const say = (_event: object, text: string): void => void io.err(`${text}\n`);
  const log = { info: () => undefined, warn: say, error: say };
  // A store that went back shows an older term, which each machine compares with its own memory.
  return await openStore(store, io, log, { engineCall: () => undefined }, (detail) => say({}, detail));
}
