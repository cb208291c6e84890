import type { DatabaseSync } from 'node:sqlite';
import type { Receipt } from '../../actions/receipt.ts';
import type { Execution } from '../../cursor.ts';
import type { Outcome } from '../../outcome.ts';

/** A member's report about an execution, as the frame that was sent or will be sent. */
export interface KeptProgress {
  readonly window: bigint;
  readonly seat: number;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/**
 * Every change is one durable transaction, and throws if it was not stored. A repeated record keeps the first
 * one.
 */
export interface RecordTables {
  outcome(outcome: Outcome): void;
  fault(window: bigint, culprit: string, kind: string, evidence: string | null): void;
  /** The files of evidence with these names are gone; the faults stay. */
  forgetEvidence(names: readonly string[]): void;
  receipt(window: bigint, receipt: Receipt): void;
  /** Records that an execution began. Returns its result if it is over, otherwise null. */
  take(execution: Execution): string | null;
  end(window: bigint, result: string): void;
  /** Executions that are not over, with those whose expiry lies above a height. */
  unexpired(height: bigint): readonly Execution[];
  putProgress(progress: KeptProgress): void;
  progressOf(window: bigint): readonly KeptProgress[];
  /** Deletes all windows before the newest ones with an outcome, of which the given number stays. */
  prune(keepWindows: number): void;
}

export function recordTables(db: DatabaseSync, nowMs: () => number): RecordTables {
  const { putOutcome, putFault, forgetEvidence, putReceipt, putExecution, resultOf, endExecution } =
    inserts(db);
  const { unexpired, putProgress, progressOf, oldestKept } = lookups(db);
  const splitOutcomes = outcomeSplitter(db);
  return {
    outcome: (told) => {
      const { from, to, result, reason, leader, action, startBlock, expiryBlock, detail } = told;
      const fields = [result, reason, leader, action, startBlock, expiryBlock, detail, nowMs()];
      if (reason !== 'missed') putOutcome.run(from, to, ...fields, to, from);
      else {
        inTransaction(db, () => {
          splitOutcomes(from);
          putOutcome.run(from, to, ...fields, to, from);
        });
      }
    },
    fault: (window, culprit, kind, evidence) => void putFault.run(window, culprit, kind, evidence, nowMs()),
    forgetEvidence: (names) => {
      for (const name of names) forgetEvidence.run(name);
    },
    receipt: (window, { action, result, text, extrinsic }) => {
      const landed = [extrinsic?.hash ?? null, extrinsic?.block ?? null, extrinsic?.height ?? null];
      putReceipt.run(window, window, action, result, text, ...landed, nowMs());
    },
    take: ({ window, action, payload, startBlock, expiryBlock }) => {
      putExecution.run(window, action, payload, startBlock, expiryBlock, nowMs());
      const result = resultOf.get(window)?.result;
      return typeof result === 'string' ? result : null;
    },
    end: (window, result) => void endExecution.run(result, window),
    unexpired: (height) =>
      unexpired.all(height).map((row) => ({
        window: row.window as bigint,
        action: String(row.action),
        payload: row.payload as Uint8Array,
        startBlock: row.start_block as bigint,
        expiryBlock: row.expiry_block as bigint,
      })),
    putProgress: ({ window, seat, sequence, bytes }) => void putProgress.run(window, seat, sequence, bytes),
    progressOf: (window) =>
      progressOf.all(window).map(({ seat, sequence, bytes }) => ({
        window,
        seat: Number(seat),
        sequence: Number(sequence),
        bytes: bytes as Uint8Array,
      })),
    prune: (keepWindows) => {
      const oldest = oldestKept.get(keepWindows - 1)?.first;
      if (typeof oldest !== 'bigint') return;
      // Both are numbers, so the text cannot contain other SQL.
      const before = (table: string, column: string) => `DELETE FROM ${table} WHERE ${column} < ${oldest};`;
      const tables = ['faults', 'receipts', 'executions', 'progress'].map((name) => before(name, 'window'));
      inTransaction(db, () => db.exec([before('outcomes', 'first'), ...tables].join(' ')));
    },
  };
}

function inTransaction(db: DatabaseSync, change: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    change();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Replaces an outcome without an agreement by a late agreement. The other windows of its range keep theirs.
 * An outcome with an agreement stays.
 */
function outcomeSplitter(db: DatabaseSync): (window: bigint) => void {
  const range = (first: string, last: string) =>
    db.prepare(`INSERT INTO outcomes (first, last, result, reason, leader, action, start_block, expiry_block, detail, at_ms)
      SELECT ${first}, ${last}, result, reason, leader, action, start_block, expiry_block, detail, at_ms FROM outcomes
      WHERE first = $first AND ${first} <= ${last}`);
  const found = db.prepare(
    "SELECT first, last FROM outcomes WHERE first <= ? AND last >= ? AND result IN ('failed', 'skipped')",
  );
  found.setReadBigInts(true);
  const forget = db.prepare('DELETE FROM outcomes WHERE first = ?');
  const shorten = db.prepare('UPDATE outcomes SET last = ? WHERE first = ?');
  const after = range('$next', 'last');
  return (window) => {
    const row = found.get(window, window);
    if (row === undefined) return;
    const first = row.first as bigint;
    after.run({ $first: first, $next: window + 1n });
    if (first === window) forget.run(first);
    else shorten.run(window - 1n, first);
  };
}

function inserts(db: DatabaseSync) {
  return {
    // A range that overlaps a stored one reports the same windows again.
    putOutcome: db.prepare(`INSERT INTO outcomes
      (first, last, result, reason, leader, action, start_block, expiry_block, detail, at_ms)
      SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE first <= ? AND last >= ?)`),
    putFault: db.prepare(
      'INSERT INTO faults (window, culprit, kind, evidence, at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    forgetEvidence: db.prepare('UPDATE faults SET evidence = NULL WHERE evidence = ?'),
    putReceipt: db.prepare(`INSERT INTO receipts
      (window, place, action, result, text, extrinsic, block, height, at_ms)
      VALUES (?, (SELECT count(*) FROM receipts WHERE window = ?), ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    putExecution: db.prepare(`INSERT INTO executions
      (window, action, payload, start_block, expiry_block, at_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    resultOf: db.prepare('SELECT result FROM executions WHERE window = ?'),
    endExecution: db.prepare('UPDATE executions SET result = ? WHERE window = ? AND result IS NULL'),
  };
}

function lookups(db: DatabaseSync) {
  const unexpired = db.prepare('SELECT * FROM executions WHERE expiry_block > ? ORDER BY window LIMIT 100');
  const oldestKept = db.prepare('SELECT first FROM outcomes ORDER BY first DESC LIMIT 1 OFFSET ?');
  for (const statement of [unexpired, oldestKept]) statement.setReadBigInts(true);
  return {
    unexpired,
    oldestKept,
    putProgress: db.prepare(`INSERT INTO progress (window, seat, sequence, bytes) VALUES (?, ?, ?, ?)
      ON CONFLICT (window, seat) DO UPDATE SET sequence = excluded.sequence, bytes = excluded.bytes
      WHERE excluded.sequence > progress.sequence`),
    progressOf: db.prepare('SELECT seat, sequence, bytes FROM progress WHERE window = ? ORDER BY seat'),
  };
}
