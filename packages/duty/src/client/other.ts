import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from '@watchbill/kit';
import { hasLedger, NEW_LEDGER_FILE } from '../config/data-folder.ts';
import { place, type Target } from './target.ts';

/**
 * Throws a fault if what answered is not the service of this configuration, for example the demo on the same
 * port. A running service holds its ledger file, so an answer while the file is free, or a refusal before
 * there is one, comes from another process.
 *
 * @param answered The id of the service that answered; null if it refused the request, or is no service.
 * @param program What a program does that is no service.
 */
export function refuseOther(target: Target, answered: string | null, program?: string): void {
  const { dataDir } = target;
  if (dataDir === null) return;
  const isNew = existsSync(join(dataDir, NEW_LEDGER_FILE)) && !hasLedger(dataDir) && answered === null;
  const own = isNew ? 'a new service' : freeLedger(dataDir);
  const who = answered === null ? 'a service that refuses this request' : `service ${answered}`;
  if (own === null || own === who) return;
  const other =
    program === undefined ? `watchbill listens here: ${who} answers` : `program listens here: it ${program}`;
  throw fault('other-service', 'fault', {
    what: `another ${other}, but ${dataDir} belongs to ${own}, which is not running`,
    where: place(target),
    remedy:
      'stop the other one or give this one another service.listen.port, then run `watchbill serve`; ' +
      'or ask the other one with --url and --token-file',
  });
}

/** The service of a ledger that no service holds, else null. The readers of `proof` take longer to load. */
function freeLedger(dataDir: string): string | null {
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const db = new DatabaseSync(join(dataDir, 'ledger.db'), { readOnly: true, timeout: 0 });
    try {
      const found = db.prepare("SELECT value FROM identity WHERE name = 'service'").get();
      return found === undefined ? null : `service ${found.value}`;
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}
