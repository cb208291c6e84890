import type { DatabaseSync } from 'node:sqlite';

/** How windows ended, as a status page and a program read it. Heights and windows are decimal texts. */
export interface WindowRecord {
  readonly from: string;
  /** The same as `from`, but for windows that were skipped together. */
  readonly to: string;
  readonly result: string;
  readonly reason: string | null;
  readonly leader: string | null;
  readonly action: string | null;
  readonly startBlock: string | null;
  readonly expiryBlock: string | null;
  readonly detail: string;
  /** When this node stored it, in Unix milliseconds by its own clock. */
  readonly atMs: number;
  readonly faults: readonly FaultRecord[];
  readonly receipts: readonly ReceiptRecord[];
}

export interface FaultRecord {
  readonly window: string;
  readonly culprit: string;
  readonly kind: string;
  /** Name of the evidence file; null if there is none, or if it was removed. */
  readonly evidence: string | null;
}

export interface ReceiptRecord {
  readonly window: string;
  readonly action: string;
  readonly result: string;
  readonly text: string;
  readonly extrinsic: string | null;
  readonly block: string | null;
  readonly height: string | null;
}

export interface RecordQueries {
  /** The newest first. */
  windows(limit: number): readonly WindowRecord[];
  /** Faults of the newest windows first, also of windows that are not over. */
  faults(limit: number): readonly FaultRecord[];
  /** Outcomes by result, or by reason if there is one. */
  totals(): Readonly<Record<string, number>>;
  /**
   * The certificate of a window whose action was taken up here, as `encodeCertificate` wrote it; null if
   * none is kept.
   */
  certificate(window: bigint): Uint8Array | null;
}

type Row = Readonly<Record<string, unknown>>;

export function recordQueries(db: DatabaseSync): RecordQueries {
  const outcomes = db.prepare('SELECT * FROM outcomes ORDER BY first DESC LIMIT ?');
  const faultsOf = db.prepare(
    'SELECT * FROM faults WHERE window BETWEEN ? AND ? ORDER BY window, culprit, kind LIMIT 1000',
  );
  const receiptsOf = db.prepare(
    'SELECT * FROM receipts WHERE window BETWEEN ? AND ? ORDER BY window, place LIMIT 1000',
  );
  const faults = db.prepare('SELECT * FROM faults ORDER BY window DESC, culprit, kind LIMIT ?');
  const totals = db.prepare(
    'SELECT coalesce(reason, result) AS name, sum(last - first + 1) AS count FROM outcomes GROUP BY name ORDER BY name',
  );
  const payload = db.prepare('SELECT payload FROM executions WHERE window = ?');
  for (const statement of [outcomes, faultsOf, receiptsOf, faults]) statement.setReadBigInts(true);
  return {
    windows: (limit) =>
      outcomes.all(limit).map((row: Row) => {
        const range = [row.first as bigint, row.last as bigint] as const;
        return {
          ...outcomeOf(row),
          faults: faultsOf.all(...range).map(faultOf),
          receipts: receiptsOf.all(...range).map(receiptOf),
        };
      }),
    faults: (limit) => faults.all(limit).map(faultOf),
    certificate: (window) => {
      // SQLite's integers end at 2^63: no window above them is kept.
      const found = window < 2n ** 63n ? payload.get(window)?.payload : undefined;
      return found instanceof Uint8Array ? found : null;
    },
    totals: () => Object.fromEntries(totals.all().map(({ name, count }) => [String(name), Number(count)])),
  };
}

function outcomeOf(row: Row) {
  return {
    from: String(row.first),
    to: String(row.last),
    result: String(row.result),
    reason: text(row.reason),
    leader: text(row.leader),
    action: text(row.action),
    startBlock: text(row.start_block),
    expiryBlock: text(row.expiry_block),
    detail: String(row.detail),
    atMs: Number(row.at_ms),
  };
}

function faultOf(row: Row): FaultRecord {
  const { window, culprit, kind, evidence } = row;
  return { window: String(window), culprit: String(culprit), kind: String(kind), evidence: text(evidence) };
}

function receiptOf(row: Row): ReceiptRecord {
  const { window, action, result, extrinsic, block, height } = row;
  return {
    window: String(window),
    action: String(action),
    result: String(result),
    text: String(row.text),
    extrinsic: text(extrinsic),
    block: text(block),
    height: text(height),
  };
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
