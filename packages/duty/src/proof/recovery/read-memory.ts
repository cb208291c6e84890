import { highestUnit, type LedgerPoint, type Unit } from '../../rule/index.ts';
import {
  type EntryLine,
  type HeadLine,
  type MarkLine,
  markName,
  type WordLine,
} from '../../service/ledger/lines.ts';
import { fieldsOf, pointOfFields } from '../../service/ledger/points.ts';
import type { Ledger } from '../../service/ledger/port.ts';
import { decodeReport, keyOf, type Report, reportKey } from '../../service/rollback-reports/report.ts';
import { dutyOf, type Refuse, readEntry, unitOf } from '../entry.ts';
import { type ExportInput, readExport } from '../read-export.ts';
import type { Memory, MissingEntry, StoreState } from './situation.ts';

/** A ledger has some thousand marks; an export with more is refused, so that memory stays bounded. */
const MAX_MARKS = 100_000;
const MAX_WORDS = 100_000;

/** The memory of the ledger file of this service. Throws a RecordError for a word that cannot be read. */
export function memoryOfLedger(
  ledger: Pick<Ledger, 'serviceId' | 'ledgerId' | 'points' | 'openWords'>,
): Memory {
  return {
    name: 'the ledger of this service',
    service: ledger.serviceId,
    ledger: ledger.ledgerId(),
    points: new Map(ledger.points()),
    shown: new Map(),
    words: ledger.openWords().map(({ id, text }) => decodeReport(reportKey(ledger.serviceId, id), text)),
  };
}

/** Entries that this service wrote, by the store or an export, and that its ledger file lacks. */
export function missingEntries(
  ledger: Pick<Ledger, 'serviceId' | 'holds'>,
  store: StoreState,
  exports: readonly ExportMemory[],
): readonly MissingEntry[] {
  const lacks = (mark: string, { epoch, seq, hash }: Pick<LedgerPoint, 'epoch' | 'seq' | 'hash'>) =>
    !ledger.holds(mark, epoch, seq, hash);
  const found: MissingEntry[] = [];
  for (const { chain, key, duty, held } of store.marks) {
    const { last, lastHash, seq, epoch } = held.mark;
    const mark = markName({ chain, key, duty: duty.name });
    if (last.service === ledger.serviceId && lacks(mark, { epoch, seq, hash: lastHash }))
      found.push({ mark, seq, holder: 'the store' });
  }
  for (const { memory, written } of exports)
    for (const [mark, entry] of written)
      if (lacks(mark, entry)) found.push({ mark, seq: entry.seq, holder: memory.name });
  return found;
}

export interface ExportMemory {
  readonly memory: Memory;
  /** The last entry of each mark that the asking service wrote. */
  readonly written: ReadonlyMap<string, Pick<LedgerPoint, 'epoch' | 'seq' | 'hash'>>;
}

/**
 * The memory of an export. Reads it once and keeps a point for each mark. Throws an ExportFault for a file
 * that is not an export, was cut off, was changed, or holds too many marks.
 *
 * @param self the service that asks, for entries that it wrote
 */
export async function readExportMemory(input: ExportInput, self: string | null): Promise<ExportMemory> {
  const taking = createTaking(self);
  const header = await readExport(input, (line, { refuse }) => {
    if (line.kind === 'head') taking.head(line, refuse);
    else if (line.kind === 'entry') taking.entry(line, refuse);
    else if (line.kind === 'word') taking.word(line, refuse);
    else if (line.kind === 'mark') taking.mark(line, refuse);
  });
  const { points, written, shown, words } = taking;
  const { service, ledger } = header;
  const held = words.map((line) => decodeReport(reportKey(service, line.id), line.text));
  const memory: Memory = { name: `export ${input.name}`, service, ledger, points, shown, words: held };
  return { memory, written };
}

function createTaking(self: string | null) {
  const heads = new Map<string, string>();
  const points = new Map<string, LedgerPoint>();
  const written = new Map<string, Pick<LedgerPoint, 'epoch' | 'seq' | 'hash'>>();
  const shown = new Map<string, Unit>();
  const words: WordLine[] = [];
  return {
    points,
    written,
    shown,
    words,
    head(line: HeadLine, refuse: Refuse): void {
      if (heads.size >= MAX_MARKS) throw refuse(`it holds more than ${MAX_MARKS} marks`);
      heads.set(markName(line), line.hash);
    },
    entry(line: EntryLine, refuse: Refuse): void {
      const { hash } = line;
      const { mark, entry, isAltered } = readEntry(line, refuse);
      if (isAltered) throw refuse(`an entry no longer has its hash ${hash}`);
      const { epoch, seq, service } = entry;
      const fields = fieldsOf(entry, hash);
      const head = heads.get(mark);
      if (head === undefined) throw refuse(`it holds an entry of ${mark}, and no head of this mark`);
      const before = points.get(mark) ?? null;
      const top = highestUnit(before?.top ?? null, fields.unit);
      // Until the entry of the head is read, the last one stands for it: it has the right `top`.
      const stays = before !== null && before.hash === head;
      points.set(mark, stays ? { ...before, top } : pointOfFields(fields, top));
      const last = written.get(mark);
      if (service === self && (last === undefined || last.epoch !== epoch || seq > last.seq))
        written.set(mark, { epoch, seq, hash });
    },
    word(line: WordLine, refuse: Refuse): void {
      if (line.release !== null) return;
      if (words.length >= MAX_WORDS) throw refuse(`it holds more than ${MAX_WORDS} held words`);
      words.push(line);
    },
    mark(line: MarkLine, refuse: Refuse): void {
      const top = topOfMark(line, refuse);
      if (top === null) return;
      if (shown.size >= MAX_MARKS) throw refuse(`it holds more than ${MAX_MARKS} marks of the store`);
      shown.set(markName(line), top);
    },
  };
}

/** The highest unit that a mark of the store shows as granted or denied; null if it shows none. */
function topOfMark({ duty: name, floor, recent }: MarkLine, refuse: Refuse): Unit | null {
  const duty = dutyOf(name, refuse);
  const texts = [...(floor === null ? [] : [floor]), ...recent.map(({ unit }) => unit)];
  return texts.reduce<Unit | null>((top, text) => highestUnit(top, unitOf(duty, text, refuse)), null);
}

/** Held words by record key: of the store, of the own ledger and of exports. Throws a RecordError. */
export function heldReports(
  store: StoreState,
  memories: readonly Memory[],
): ReadonlyMap<string, { readonly report: Report; readonly source: string }> {
  const found = new Map<string, { report: Report; source: string }>();
  for (const [recordKey, text] of store.reports)
    found.set(recordKey, { report: decodeReport(recordKey, text), source: 'store' });
  for (const { name, words } of memories)
    for (const report of words)
      if (!found.has(keyOf(report))) found.set(keyOf(report), { report, source: name });
  return new Map([...found].filter(([, { report }]) => report.released === null));
}
