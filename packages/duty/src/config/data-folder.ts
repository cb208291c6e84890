import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fault } from '@watchbill/kit';

/** A file in the data folder that allows one start without a ledger there. `init` writes it. */
export const NEW_LEDGER_FILE = 'new-ledger';

/** True if the data folder has a ledger file. In one of at most a byte, SQLite would begin a new ledger. */
export function hasLedger(dataDir: string): boolean {
  const file = join(dataDir, 'ledger.db');
  return existsSync(file) && statSync(file).size > 1;
}

/**
 * A data folder without a ledger, and `secrets/` beside it or beside one of the other paths, looks like a
 * lost disk: with the ledger, the service lost its signing history. Throws a
 * fault with exit status 2, unless the file `new-ledger` allows the start.
 */
export function refuseLostData(dataDir: string, besides: readonly string[] = [dataDir]): void {
  const secrets = besides.map((path) => join(dirname(path), 'secrets')).find((path) => existsSync(path));
  const marker = join(dataDir, NEW_LEDGER_FILE);
  if (secrets === undefined || hasLedger(dataDir) || existsSync(marker)) return;
  throw fault('data-empty', 'usage', {
    what: `the data folder ${dataDir} has no ledger, but ${secrets} exists: this service may have lost its disk`,
    where: dataDir,
    remedy:
      'restore the folder from the old disk or a backup; or begin without its signing history: `watchbill serve --new-ledger`, ' +
      `or create the file ${marker} if a service manager starts it`,
  });
}

/** Removes the permission once a ledger exists, so that a later loss of the ledger is refused again. */
export function forgetNewLedger(dataDir: string): void {
  rmSync(join(dataDir, NEW_LEDGER_FILE), { force: true });
}
