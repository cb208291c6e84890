import { type Epochs, holds, type MarkAt, textOrNull } from './epochs.ts';
import type { Findings } from './findings.ts';
import type { LoadedExport } from './load.ts';
import type { Workspace } from './workspace.ts';

/** The position of a mark: for the service by its own ledger, or in the store. */
interface Point {
  readonly store: boolean;
  readonly exported: number;
  readonly epoch: number;
  readonly epochName: string;
  readonly seq: bigint;
  readonly hash: string;
}

interface Checking {
  readonly workspace: Workspace;
  readonly mark: MarkAt;
  readonly epochs: Epochs;
  readonly findings: Findings;
  readonly loaded: readonly LoadedExport[];
}

/** Check the heads of services and the marks of the store against the entries of all exports. */
export function checkPoints(checking: Checking): void {
  const points = pointsOf(checking);
  for (const point of points) checkEnd(checking, point);
  for (const head of points.filter(({ store }) => !store)) {
    const shown = points.find(({ store, exported }) => store && exported === head.exported) ?? null;
    if (checking.loaded[head.exported]?.header.hasMarks === true) checkStore(checking, head, shown);
  }
}

function pointsOf({ workspace, mark }: Checking): readonly Point[] {
  const rows = workspace
    .sql(
      `SELECT p.store, p.export, p.epoch, n.name, p.seq, p.hash FROM points AS p JOIN epochs AS n ON n.id = p.epoch
       WHERE p.mark = ? ORDER BY p.export, p.store`,
    )
    .all(mark.id);
  return rows.map((row) => ({
    store: Number(row.store) === 1,
    exported: Number(row.export),
    epoch: Number(row.epoch),
    epochName: String(row.name),
    seq: BigInt(row.seq as bigint),
    hash: String(row.hash),
  }));
}

/** The chain must lead up to the entry of a service's or the store's position. */
function checkEnd({ workspace, mark, findings }: Checking, point: Point): void {
  const { epoch, seq, hash, store } = point;
  if (holds(workspace, mark, { id: epoch, seq, hash })) return;
  const place = { mark: mark.name, epoch: point.epochName };
  const range = workspace
    .sql(
      'SELECT max(seq) AS last, max(CASE WHEN seq = ? THEN hash END) AS other FROM entries WHERE mark = ? AND epoch = ?',
    )
    .get(seq, mark.id, epoch);
  const other = textOrNull(range?.other);
  const who = store ? 'the mark of the store' : 'the head of the service';
  if (other !== null) {
    const text = `${who} names another entry ${seq} than the exports hold`;
    findings.add(store ? 'store-behind' : 'chain-broken', text, {
      ...place,
      seqs: [seq, seq],
      hashes: [other, hash],
    });
    return;
  }
  const last = range?.last === null || range?.last === undefined ? 0n : BigInt(range.last as bigint);
  const from = last < seq ? last + 1n : seq;
  const text = `${who} is at entry ${seq}; no export holds entries ${from} to ${seq}`;
  findings.add(store ? 'store-ahead' : 'gap', text, { ...place, seqs: [from, seq], hashes: [hash] });
}

/** The store was read after the ledger, so it must be at least as far. */
function checkStore({ mark, epochs, findings }: Checking, head: Point, shown: Point | null): void {
  const place = { mark: mark.name, epoch: head.epochName, seqs: [head.seq, head.seq] as const };
  if (shown === null) {
    findings.add('store-behind', `the store has no such mark; the ledger has it at entry ${head.seq}`, place);
    return;
  }
  const isOlder = shown.epoch !== head.epoch && epochs.get(head.epoch)?.line.has(shown.epoch) === true;
  if (!isOlder && (shown.epoch !== head.epoch || shown.seq >= head.seq)) return;
  const text = `the store is at entry ${shown.seq} of epoch ${shown.epochName}; the ledger, which was read before it, is at entry ${head.seq} of epoch ${head.epochName}`;
  findings.add('store-behind', text, { ...place, hashes: [shown.hash, head.hash] });
}
