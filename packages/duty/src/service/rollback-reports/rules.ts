import { RecordError } from '../../rule/index.ts';
import { type Book, change, type Entry, entryAt, isFreed, isHolding } from './book.ts';
import {
  heldOf,
  joined,
  keyOf,
  type Released,
  type Report,
  readReport,
  reportId,
  reportOf,
  type SaidWord,
} from './report.ts';

/** Held reports of one node: beyond that a report holds further words of its mark. */
const MAX_OF_NODE = 16;
/** A report that holds this many further words lets the next one begin a new report. */
export const MAX_OTHERS = 64;

/**
 * How the mark of a word accounts for it; see `explains` of `@watchbill/duty`. `recovered`: the word is of an
 * epoch that a recovery ended, and the floor that it adopted is at or above `top`.
 */
export type Verdict = 'lineage' | 'floor' | 'gap' | 'none' | 'recovered';

/** Linearizable reads of marks, and then of the list of policies. */
export interface Judgement {
  /** A word whose mark was not read is not here. */
  readonly verdicts: ReadonlyMap<Entry, Verdict>;
  /** The key of every policy in the store, known to this service or not; null if they were not read. */
  readonly policies: readonly Pick<Report, 'chain' | 'key'>[] | null;
}

/**
 * A claimant sent a word that the store does not explain: from now on it holds every key. Returns the entry
 * of the report that holds it.
 */
export function onSaid(book: Book, said: SaidWord): Entry {
  const report = reportOf(book.service, said);
  const holder = holderOf(book, report);
  if (holder?.report != null) {
    absorb(book, holder, holder.report, report);
    return holder;
  }
  const entry = entryAt(book, keyOf(report));
  if (entry.report === null || entry.unreadable) {
    change(entry, { report, unreadable: false, unsaved: true });
    logHeld(book, entry, report);
    return entry;
  }
  // An operator has released exactly this word. Any other release is checked again, because the store may
  // have gone back since.
  const { released } = entry.report;
  if (released !== null && released.how !== 'operator' && !entry.saidAgain)
    change(entry, { saidAgain: true, judging: 'due' });
  return entry;
}

/**
 * A node may fill the store with words. Beyond the bound its newest report about the same mark holds the word
 * too, with the higher `top`: the older words stay, and no release of the report can come earlier than
 * before.
 */
function holderOf({ entries, service }: Book, word: Report): Entry | null {
  const recordKey = keyOf(word);
  if (entries.has(recordKey)) return null;
  const ofNode = [...entries.values()].filter(
    ({ report }) => report?.service === service && report.node === word.node && report.released === null,
  );
  const covering = ofNode.find(({ report }) => report?.others.includes(reportId(recordKey)));
  if (covering !== undefined || ofNode.length < MAX_OF_NODE) return covering ?? null;
  const fits = ({ report }: Entry) =>
    report !== null && report.others.length < MAX_OTHERS && markOf(report) === markOf(word);
  return ofNode.findLast(fits) ?? null;
}

/** With its epoch, because the same floor may explain a word of one epoch and not one of another. */
function markOf({ chain, key, duty, point }: Report): string {
  return [chain, key, duty, point.epoch].join(' ');
}

function absorb(book: Book, entry: Entry, known: Report, word: Report): void {
  const report = joined(known, { top: word.top, others: [reportId(keyOf(word))] });
  if (report === known) return;
  // A look at the mark that is under way was asked about the words before this one.
  change(entry, { unkept: [...entry.unkept, word], judging: null });
  holdAgain(book, entry, report, word.why);
}

/** A word on the own disk holds again from the start, before the store is read. */
export function onDisk(book: Book, recordKey: string, text: string): void {
  const found = readReport(recordKey, text);
  const unreadable = found instanceof RecordError;
  const report = unreadable ? null : found;
  change(entryAt(book, recordKey), { report, unreadable, unsaved: !unreadable, kept: true });
}

/** True once the own disk has the words, or an operator has released them: they may be answered. */
export function isDurable({ report, kept, unkept, saidAgain }: Entry): boolean {
  return (kept && unkept.length === 0) || (report?.released != null && !saidAgain);
}

/** The text of a record, by a linearizable read while no write of this service was under way. */
export function onSeen(book: Book, entry: Entry, text: string | null): void {
  const isOld = entry.unsaved && entry.stored === text;
  entry.stored = text;
  // The record in the store has not changed since this service decided on its next write.
  if (isOld) return;
  if (text === null) onGone(book, entry);
  else onText(book, entry, text);
}

/** A transaction of an adoption or of an operator wrote these texts, by record key. */
export function onCommitted(book: Book, texts: ReadonlyMap<string, string>): void {
  for (const [recordKey, text] of texts) {
    const entry = entryAt(book, recordKey);
    // The answer of a read that is under way is dropped.
    change(entry, { stale: true, stored: text });
    onText(book, entry, text);
    entry.judging = 'due';
  }
}

function onText(book: Book, entry: Entry, text: string): void {
  const seen = readReport(entry.recordKey, text);
  if (seen instanceof RecordError) {
    // It may be a report that a newer release wrote: only a service that reads it can release it.
    if (!entry.unreadable) {
      const event = { event: 'record-unreadable', key: entry.recordKey, error: seen.message };
      book.log.error(event, 'a rollback report cannot be read: every key is held');
    }
    entry.unreadable = true;
    return;
  }
  const local = entry.report;
  entry.unreadable = false;
  const report = local === null ? seen : joined(seen, local);
  // No look at the mark was about a word that this service did not know: its `top` may be higher.
  if (report.others.length !== local?.others.length) change(entry, { floorAbove: false, judging: null });
  if (report !== seen) holdAgain(book, entry, report, 'the record in the store lacks a word of this report');
  else if (seen.released === null) {
    // A report that was released here: either the record changed before this service's release was written,
    // or the store went back.
    if (local === null) logHeld(book, entry, seen);
    else if (local.released !== null && !entry.unsaved)
      logHeld(book, entry, seen, 'the store holds a report that was released');
    change(entry, { report: seen, unsaved: false, saidAgain: false, claimed: null });
  } else if (local === null || local.released !== null) change(entry, { report: seen, unsaved: false });
  else if (seen.released.how === 'operator') settle(book, entry, seen, false);
  // The release may be older than a restore that this service was asked about: the mark decides.
  else change(entry, { claimed: seen, unsaved: false, judging: 'due' });
}

/** No release deletes a held record, so the store went back, and so did the adoptions in the record. */
function onGone(book: Book, entry: Entry): void {
  const { report, recordKey } = entry;
  if (report === null) {
    if (!entry.unreadable) book.entries.delete(recordKey);
  } else if (report.released === null || entry.unsaved)
    change(entry, { report: heldOf(report), unsaved: true });
  else if (report.service !== book.service) book.entries.delete(recordKey);
  else if (report.released.how !== 'operator')
    holdAgain(book, entry, report, 'the store lost a report that was released');
}

/** Each held word is due, and its record too: a hint of the store may have been missed. */
export function onDue({ entries }: Book): void {
  for (const entry of entries.values()) if (isHolding(entry)) change(entry, { stale: true, judging: 'due' });
}

/**
 * The release rules (1) and (2) of protocol section 6. Rule (3), an operator, comes as a record of the store.
 * A comparison of memories between services releases no report.
 */
export function onJudged(book: Book, look: symbol, { verdicts, policies }: Judgement, atMs: number): void {
  for (const entry of book.entries.values()) {
    if (entry.judging !== look) continue;
    entry.judging = null;
    const verdict = verdicts.get(entry);
    if (verdict === undefined || entry.report === null) continue;
    const release = judge(book, entry, entry.report, verdict) ?? whenFreed(entry, policies);
    if (release === null) continue;
    settle(book, entry, { ...entry.report, released: { ...release, by: book.service, atMs } }, true);
  }
}

type Release = Pick<Released, 'how' | 'reason'>;

/** By the mark alone: it was asked about the first word, and about the `top` of all. */
function judge(book: Book, entry: Entry, report: Report, verdict: Verdict): Release | null {
  const isAlone = report.others.length === 0;
  if (entry.claimed !== null) {
    if (verdict !== 'none') settle(book, entry, entry.claimed, false);
    else holdAgain(book, entry, report, 'the store holds a release, but not its reason');
  } else if (report.released !== null) {
    // The unit may have left the mark since.
    if (entry.saidAgain && verdict === 'none')
      holdAgain(book, entry, report, 'the store no longer explains a word that was released');
    else entry.saidAgain = false;
  } else if (verdict === 'lineage' && isAlone)
    return { how: 'explained', reason: 'the mark holds what the node was granted' };
  else if (verdict === 'recovered' && isAlone)
    return {
      how: 'adopted',
      reason: 'a recovery began a new epoch after this word, with floors for every key',
    };
  else entry.floorAbove = verdict === 'floor' || verdict === 'recovered';
  return null;
}

/** Every key of every policy is freed. */
function whenFreed(entry: Entry, policies: Judgement['policies']): Release | null {
  if (entry.report?.released !== null || policies === null || policies.length === 0) return null;
  if (!policies.every(({ chain, key }) => isFreed(entry, chain, key))) return null;
  return { how: 'adopted', reason: `${policies.length} keys are freed, each by an adoption or by its floor` };
}

const CALM = { saidAgain: false, claimed: null, floorAbove: false };

/** The record is to say that the word holds every key, also if its release was written before. */
function holdAgain(book: Book, entry: Entry, report: Report, detail: string): void {
  change(entry, { ...CALM, report: heldOf(report), unsaved: true });
  logHeld(book, entry, report, detail);
}

/** The report is released: by this service, which then writes it, or in the store. */
function settle({ log }: Book, entry: Entry, report: Report, unsaved: boolean): void {
  change(entry, { ...CALM, report, unsaved, unkept: [] });
  const { node, released, why } = report;
  const id = reportId(entry.recordKey);
  const event = { event: 'rollback-report-released', id, node, ...released, detail: why };
  log.warn(event, 'a rollback report was released');
}

function logHeld({ log }: Book, { recordKey }: Entry, { service, node, why }: Report, detail = why): void {
  const event = { event: 'rollback-report-held', id: reportId(recordKey), service, node, detail };
  log.error(event, 'a node remembers more than the store holds: every key is held');
}
