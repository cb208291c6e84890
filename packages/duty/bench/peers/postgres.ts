// A peer in a separate process: a unique row in PostgreSQL, inserted or read by one statement a claim.

import { Pool } from 'pg';
import { type PeerClaim, servePeer } from './claim-server.ts';

export interface PostgresPeerSetUp {
  /** With its password, so it travels by a message and never as an argument. */
  readonly url: string;
  readonly connections: number;
}

const TABLE = `CREATE TABLE grants (
  chain text NOT NULL, key text NOT NULL, duty text NOT NULL, unit bigint NOT NULL, part text NOT NULL,
  digest text NOT NULL, incarnation text NOT NULL, claim_id text NOT NULL,
  PRIMARY KEY (chain, key, duty, unit, part)
)`;
const INSERT_OR_GET = `WITH inserted AS (
  INSERT INTO grants VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING digest
)
SELECT digest FROM inserted UNION ALL
SELECT digest FROM grants WHERE chain = $1 AND key = $2 AND duty = $3 AND unit = $4 AND part = $5
LIMIT 1`;
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;

servePeer<PostgresPeerSetUp>(async ({ url, connections }) => {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    // A connection that closes and comes back would pay for a new backend process.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  await pool.query(TABLE);
  return async (claim) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // The prepared form of a name is kept by each connection.
      const { rows } = await pool.query<{ digest: string }>({
        name: 'grant',
        text: INSERT_OR_GET,
        values: valuesOf(claim),
      });
      const [row] = rows;
      // A concurrent session may have inserted the row after the snapshot of this statement.
      if (row !== undefined) return row.digest === claim.digest;
    }
    throw new Error(`no row after ${ATTEMPTS} attempts`);
  };
});

function valuesOf(claim: PeerClaim): string[] {
  const { chain, key, duty, unit, part, digest, incarnation, claimId } = claim;
  return [chain, key, duty, unit, part, digest, incarnation, claimId];
}
