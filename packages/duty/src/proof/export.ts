import { createHash } from 'node:crypto';
import type { Clock } from '@watchbill/kit';
import type { ChangeLink } from '../rule/index.ts';
import { type MarkView, type Permit, PermitFault, type ServedPermit } from '../service/contract.ts';
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
import type { FileLedger } from '../service/ledger/open.ts';
import type { LedgerSource } from '../service/ledger/source.ts';
import type { TrimRequest, TrimView } from '../service/shapes/admin.ts';

export interface ExportOptions {
  /** When the export was made, in Unix milliseconds. */
  readonly atMs: number;
  /** The epoch of the store, if the store was asked. */
  readonly epoch?: string | null;
  /** Called with the SHA-256 of the last line, once a reader has taken that line. */
  readonly taken?: (sha256: string) => void;
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
  const sha256 = sha.digest('hex');
  yield `${encodeLine({ kind: 'end', counts, sha256 })}\n`;
  options.taken?.(sha256);
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

/** The newest days of a ledger stay in it, because `units` shows 30 of them. */
export const TRIM_DAYS = 31;

/** The permit of a running service, which also exports its ledger file, and trims what it exported. */
export function withExport(
  permit: Permit,
  ledger: Pick<FileLedger, 'source' | 'trim'>,
  { nowMs }: Pick<Clock, 'nowMs'>,
): ServedPermit {
  /** The last export that was taken to its end: only what it holds may leave. */
  let whole: { readonly sha256: string; readonly last: LedgerSource['last'] } | null = null;
  async function* lines({ marks }: { readonly marks: boolean }): AsyncGenerator<string> {
    const { epoch } = await permit.health();
    const store = async () => {
      return { changes: await permit.changes({}), marks: (await permit.marks({})).map(markLine) };
    };
    const source = ledger.source();
    const taken = (sha256: string): void => {
      whole = { sha256, last: source.last };
    };
    yield* exportLedger(source, { atMs: nowMs(), epoch, taken, store: marks ? store : null });
  }
  async function trimLedger({ sha256, beforeMs, from }: TrimRequest): Promise<TrimView> {
    if (whole?.sha256 !== sha256)
      throw new PermitFault(
        'export-unknown',
        409,
        'this is not the last export that this service wrote to its end since its start',
        'Run `watchbill ledger trim` again: it makes a new export.',
      );
    if (beforeMs > nowMs() - TRIM_DAYS * 86_400_000)
      throw new PermitFault(
        'trim-too-new',
        400,
        `rows of the last ${TRIM_DAYS} days stay in the ledger`,
        `Name a time that is at least ${TRIM_DAYS} days ago, for example --before 90d.`,
      );
    return ledger.trim(from, { beforeMs, last: whole.last });
  }
  return { ...permit, exportLedger: lines, trimLedger };
}
