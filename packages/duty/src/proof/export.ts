import { createHash } from 'node:crypto';
import type { Clock } from '@watchbill/kit';
import type { ChangeLink } from '../rule/index.ts';
import type { MarkView, Permit, ServedPermit } from '../service/contract.ts';
import {
  EXPORT_FORMAT,
  EXPORT_VERSION,
  encodeLine,
  type HeaderLine,
  LINE_KINDS,
  type Line,
  type LineKind,
  type MarkLine,
} from '../service/ledger/lines.ts';
import type { LedgerSource } from '../service/ledger/source.ts';

export interface ExportOptions {
  /** When the export was made, in Unix milliseconds. */
  readonly atMs: number;
  /** The epoch of the store, if the store was asked. */
  readonly epoch?: string | null;
  /**
   * Reads the store. It is asked after the ledger was read: a mark that is then older than the ledger shows a
   * store that went back.
   */
  readonly store?:
    | (() => Promise<{
        readonly changes: readonly ChangeLink[];
        readonly marks: readonly Omit<MarkLine, 'kind'>[];
      }>)
    | null;
}

/**
 * The lines of an export, each with its line end: the header, everything the ledger holds, and the counts
 * with a SHA-256 over all lines before. Memory use does not grow with the ledger.
 */
export async function* exportLedger(source: LedgerSource, options: ExportOptions): AsyncGenerator<string> {
  const sha = createHash('sha256');
  const counts: Record<LineKind, number> = { head: 0, entry: 0, decision: 0, word: 0, change: 0, mark: 0 };
  const text = (line: Line): string => {
    const written = `${encodeLine(line)}\n`;
    sha.update(written);
    if (line.kind in counts) counts[line.kind as LineKind] += 1;
    return written;
  };
  const askStore = options.store ?? null;
  yield text(headerOf(source, options, askStore !== null));
  for (const lines of [source.heads(), source.entries(), source.decisions(), source.words()])
    for (const line of lines) yield text(line);
  const { changes = [], marks = [] } = (await askStore?.()) ?? {};
  for (const change of changes) yield text({ kind: 'change', ...change });
  for (const mark of marks) yield text({ kind: 'mark', ...mark });
  yield `${encodeLine({ kind: 'end', counts, sha256: sha.digest('hex') })}\n`;
}

function headerOf(source: LedgerSource, options: ExportOptions, hasMarks: boolean): HeaderLine {
  const { service, ledger } = source;
  if (ledger === null) throw new RangeError('the data folder belongs to no ledger yet: it holds no grants');
  const { atMs, epoch = null } = options;
  return {
    kind: 'header',
    format: EXPORT_FORMAT,
    v: EXPORT_VERSION,
    ledger,
    service,
    epoch,
    atMs,
    kinds: [...LINE_KINDS],
    hasMarks,
  };
}

/** A mark of the store as a line of an export. */
export function markLine({ deniedUntil: _until, ...mark }: MarkView): Omit<MarkLine, 'kind'> {
  return mark;
}

/** The permit of a running service, which also exports its ledger file. */
export function withExport(
  permit: Permit,
  ledger: { source(): LedgerSource },
  { nowMs }: Pick<Clock, 'nowMs'>,
): ServedPermit {
  async function* lines({ marks }: { readonly marks: boolean }): AsyncGenerator<string> {
    const { epoch } = await permit.health();
    const store = async () => {
      return { changes: await permit.changes({}), marks: (await permit.marks({})).map(markLine) };
    };
    yield* exportLedger(ledger.source(), { atMs: nowMs(), epoch, store: marks ? store : null });
  }
  return { ...permit, exportLedger: lines };
}
