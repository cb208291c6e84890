import type { DatabaseSync } from 'node:sqlite';
import { type Random, randomHex } from '@watchbill/kit';
import { LedgerFault } from './port.ts';
import { AT_OPEN } from './schema.ts';

/** The identity of this data directory. The service id is drawn once, at the first opening. */
export function openIdentity(db: DatabaseSync, random: Random) {
  const write = db.prepare('INSERT INTO identity (name, value) VALUES (?, ?)');
  const rows = db.prepare(AT_OPEN.identity).all();
  const values = new Map(rows.map((row) => [String(row.name), String(row.value)]));
  const serviceId = values.get('service') ?? randomHex(random, 16);
  // A separate transaction: durable when the ledger is open.
  if (!values.has('service')) write.run('service', serviceId);
  let bound = values.get('ledger') ?? null;

  return {
    serviceId,
    ledgerId: (): string | null => bound,
    /** Throws `LedgerFault` if the directory is bound to another ledger. */
    check(ledgerId: string): void {
      if (bound === null || bound === ledgerId) return;
      throw new LedgerFault(
        `the data directory remembers ledger ${bound}, and the store holds ledger ${ledgerId}`,
        'Point the service at the store it belongs to, or give it an empty data directory.',
      );
    },
    /** Inside a transaction. Returns what to do when it is kept. */
    bind(ledgerId: string): () => void {
      write.run('ledger', ledgerId);
      return () => {
        bound = ledgerId;
      };
    },
  };
}
