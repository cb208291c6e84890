import type { DatabaseSync } from 'node:sqlite';

export interface Bounds {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** Rows of one deletion. Small, because a deletion holds up the event loop of the service. */
const STEP = 200;
/** Deletions of one write for their size; a write adds fewer rows than they take. */
const MAX_STEPS = 8;

/** Lets the oldest rows leave, inside the transaction of the caller. */
export function pruner(db: DatabaseSync, { maxAgeMs, maxBytes }: Bounds) {
  const units = db.prepare(
    `DELETE FROM units WHERE (mark, u1, u2, u3) IN
       (SELECT mark, u1, u2, u3 FROM units WHERE at < ? ORDER BY at LIMIT ${STEP})`,
  );
  const tally = db.prepare(
    `DELETE FROM tally WHERE (mark, at, node, outcome) IN
       (SELECT mark, at, node, outcome FROM tally WHERE at < ? ORDER BY at LIMIT ${STEP})`,
  );
  // Slots rise with time, so the lowest slots of each chain are its oldest rows.
  const chains = db.prepare('SELECT id FROM chains');
  const blocks = db.prepare(
    `DELETE FROM blocks WHERE chain = ? AND at < ? AND slot IN
       (SELECT slot FROM blocks WHERE chain = ? ORDER BY slot LIMIT ${STEP})`,
  );
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
  const pageBytes = pragma('page_size');
  const bytes = (): number => (pragma('page_count') - pragma('freelist_count')) * pageBytes;

  const removeBefore = (ms: number): number => {
    let removed = Number(units.run(ms).changes);
    for (const { id } of chains.all()) removed += Number(blocks.run(Number(id), ms, Number(id)).changes);
    return removed;
  };

  function prune(nowMs: number): void {
    removeBefore(nowMs - maxAgeMs);
    tally.run(nowMs - maxAgeMs);
    for (let step = 0; step < MAX_STEPS && bytes() > maxBytes; step++)
      if (removeBefore(Number.MAX_SAFE_INTEGER) === 0) return;
  }
  return { prune, bytes };
}
