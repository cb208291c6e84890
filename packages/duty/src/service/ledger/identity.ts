import type { DatabaseSync } from 'node:sqlite';
import { type Random, randomHex } from '@watchbill/kit';
import { LedgerFault } from './port.ts';
import { AT_OPEN } from './schema.ts';

/**
 * The identity of this data directory. Each write is a separate transaction: durable when the call returns.
 * The service id is drawn once.
 */
export function openIdentity(db: DatabaseSync, random: Random) {
  const write = db.prepare(
    'INSERT INTO identity (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const values = new Map(
    db
      .prepare(AT_OPEN.identity)
      .all()
      .map((row) => [String(row.name), String(row.value)]),
  );
  function set(name: string, value: string): void {
    if (values.get(name) === value) return;
    write.run(name, value);
    values.set(name, value);
  }
  if (!values.has('service')) set('service', randomHex(random, 16));
  const serviceId = values.get('service') ?? '';

  return {
    serviceId,
    ledgerId: (): string | null => values.get('ledger') ?? null,
    bind(ledgerId: string): void {
      const bound = values.get('ledger');
      if (bound !== undefined && bound !== ledgerId) {
        throw new LedgerFault(
          `the data directory remembers ledger ${bound}, and the store holds ledger ${ledgerId}`,
          'Point the service at the store it belongs to, or give it an empty data directory.',
        );
      }
      set('ledger', ledgerId);
    },
  };
}
