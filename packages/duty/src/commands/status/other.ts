import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fault } from '@watchbill/kit';
import { place } from '../../client/api.ts';
import type { Target } from '../../client/target.ts';
import { hasLedger } from '../../config/data-folder.ts';

/**
 * Throws a fault if the service that answered is not the one of this configuration, for example the demo on
 * the same port. A running service holds its ledger file, so an answer while the file is free comes from
 * another service.
 *
 * @param answered The id of the service that answered; null if it refused the request.
 */
export function refuseOther(target: Target, answered: string | null): void {
  const { dataDir } = target;
  if (dataDir === null || !hasLedger(dataDir)) return;
  const own = freeLedger(dataDir);
  if (own === null || own === answered) return;
  const who = answered === null ? 'a service that refuses this token' : `service ${answered}`;
  throw fault('other-service', 'fault', {
    what: `another watchbill listens here: ${who} answers, but ${dataDir} belongs to service ${own}, which is not running`,
    where: place(target),
    remedy:
      'stop the other one or give this one another service.listen.port, then run `watchbill serve`; ' +
      'or ask the other one with --url and --token-file',
  });
}

/**
 * The service id in a ledger that no service holds; null if the ledger is held or not readable. The readers
 * of `proof` take longer to load than the rest of `status`.
 */
function freeLedger(dataDir: string): string | null {
  try {
    const db = new DatabaseSync(join(dataDir, 'ledger.db'), { readOnly: true, timeout: 0 });
    try {
      const found = db.prepare("SELECT value FROM identity WHERE name = 'service'").get();
      return (found?.value as string | undefined) ?? null;
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}
