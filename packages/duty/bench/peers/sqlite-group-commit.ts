// A peer in a separate process: a unique row in SQLite, one transaction for all claims of a turn of the event
// loop.

import { DatabaseSync } from 'node:sqlite';
import { inBatches } from './batches.ts';
import { type PeerClaim, servePeer } from './claim-server.ts';

export interface SqlitePeerSetUp {
  readonly path: string;
}

const TABLE = `CREATE TABLE grants (
  chain TEXT NOT NULL, key TEXT NOT NULL, duty TEXT NOT NULL, unit INTEGER NOT NULL, part TEXT NOT NULL,
  digest TEXT NOT NULL, incarnation TEXT NOT NULL, claim_id TEXT NOT NULL,
  PRIMARY KEY (chain, key, duty, unit, part)
)`;
const INSERT = 'INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
const GET = 'SELECT digest FROM grants WHERE chain = ? AND key = ? AND duty = ? AND unit = ? AND part = ?';

servePeer<SqlitePeerSetUp>(async ({ path }) => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(TABLE);
  const insert = database.prepare(INSERT);
  const get = database.prepare(GET);

  const grant = ({ chain, key, duty, unit, part, digest, incarnation, claimId }: PeerClaim): boolean => {
    const place = [chain, key, duty, BigInt(unit), part] as const;
    if (insert.run(...place, digest, incarnation, claimId).changes === 1) return true;
    return get.get(...place)?.digest === digest;
  };
  return inBatches((claims) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const granted = claims.map(grant);
      database.exec('COMMIT');
      return granted;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
});
