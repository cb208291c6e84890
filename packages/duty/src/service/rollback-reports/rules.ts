import { compareUnits, RecordError } from '../../rule/index.ts';
import { type Book, change, type Entry, entryAt, isFreed, isHolding, isOwn } from './book.ts';
import {
  heldOf,
  idOf,
  type Released,
  type Report,
  type ReportWord,
  readReport,
  reportId,
  reportKey,
  reportOf,
  type SaidWord,
  unitOf,
} from './report.ts';
import type { Judgement, Verdict } from './store-records.ts';

/**
 * Open reports of one service and, of these, of one node: beyond that a report holds further words of its
 * mark.
 */
export const MAX_OPEN = 256;
const MAX_OPEN_OF_NODE = 16;
/** A report that holds this many further words lets the next one begin a new report. */
export const MAX_OTHERS = 64;

/** A claimant sent a word that the store does not explain: from now on it holds every key. */
export function onSaid(book: Book, said: SaidWord): void {
  const report = reportOf(book.service, said);
  const covering = coverOf(book, report);
  const full = covering === null ? fullHolderOf(book, report) : null;
  if (covering !== null) sayAgain(book, covering, report);
  else if (full !== null) absorb(book, full, report);
  else begin(book, entryAt(book, keyOf(report)), report);
}

/** A word on the own disk holds again from the start, before the store is read. */
export function onDisk(book: Book, recordKey: string, text: string): void {
  const found = readReport(recordKey, text);
  const report = found instanceof RecordError ? null : found;
  const unreadable = report === null;
  change(entryAt(book, recordKey), { report, unreadable, unsaved: !unreadable, kept: true });
}

/** The report that holds this word, or will: the caller waits until its disk has the word. */
export function holderOf(book: Book, report: Report): Entry | null {
  return coverOf(book, report) ?? fullHolderOf(book, report);
}

/** True once the own disk has the word, or an operator has released it: it may be answered. */
export function isDurable({ report, kept, unkept, saidAgain, claimed }: Entry, said: Report): boolean {
  if (report?.state === 'released' && !saidAgain && claimed === null) return true;
  return kept && !unkept.some((one) => idOf(one) === idOf(said));
}

function keyOf(report: Report): string {
  return reportKey(report.service, idOf(report));
}

/** The report of this very word, or a held one that holds it too. */
function coverOf(book: Book, report: Report): Entry | null {
  const own = book.entries.get(keyOf(report));
  if (own !== undefined) return own;
  const id = idOf(report);
  return heldHere(book).find((entry) => entry.report?.word.others.includes(id) === true) ?? null;
}

function heldHere(book: Book): Entry[] {
  return [...book.entries.values()].filter((entry) => isOwn(book, entry) && entry.report?.state === 'held');
}

/**
 * A node may fill the store with words. Beyond the bound its newest report about the same mark holds the word
 * too, with the higher `top`: the older words stay, and no release of the report can come earlier than
 * before.
 */
function fullHolderOf(book: Book, { node, word }: Report): Entry | null {
  const all = heldHere(book);
  const ofNode = all.filter((entry) => entry.report?.node === node);
  if (all.length < MAX_OPEN && ofNode.length < MAX_OPEN_OF_NODE) return null;
  const same = ofNode.findLast(({ report }) => {
    const other = report?.word;
    return other?.chain === word.chain && other?.key === word.key && other?.duty === word.duty;
  });
  return same === undefined || (same.report?.word.others.length ?? 0) >= MAX_OTHERS ? null : same;
}

function begin(book: Book, entry: Entry, report: Report): void {
  change(entry, { report, unreadable: false, unsaved: true });
  logHeld(book, entry, report);
}

function absorb(book: Book, entry: Entry, report: Report): void {
  if (entry.report === null) return;
  const known = entry.report.word;
  const top = higher(known.top, report.word.top);
  const word = { ...known, top, others: [...known.others, idOf(report)] };
  // An adoption freed keys of the words before this one only.
  entry.report = { ...entry.report, word, freed: [] };
  entry.unkept = [...entry.unkept, report];
  // A look at the mark that is under way was asked about the words before this one.
  change(entry, { unsaved: true, floorAbove: false, judging: null });
  logHeld(book, entry, report);
}

/** The higher of two units as text; null is below every unit. */
export function higher(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareUnits(unitOf(one), unitOf(other)) >= 0 ? one : other;
}

function sayAgain(book: Book, entry: Entry, report: Report): void {
  const known = entry.report;
  if (known === null || entry.unreadable) {
    begin(book, entry, report);
    return;
  }
  // An operator has released exactly this word. Any other release is checked again, because the store may
  // have gone back since.
  if (known.released === null || known.released.how === 'operator' || entry.saidAgain) return;
  change(entry, { saidAgain: true, judging: 'due' });
}

/** The text of a record, by a linearizable read while no write of this service was under way. */
export function onSeen(book: Book, entry: Entry, text: string | null): void {
  const isOld = entry.unsaved && entry.stored === text;
  change(entry, { call: null, failures: 0, stale: false, stored: text });
  // The record in the store has not changed since this service decided on its next write.
  if (isOld) return;
  if (text === null) onGone(book, entry);
  else onText(book, entry, text);
}

/**
 * A transaction of an adoption or of an operator wrote these texts, by record key. The answers of calls that
 * were under way before are dropped.
 */
export function onCommitted(book: Book, texts: ReadonlyMap<string, string>): void {
  for (const [recordKey, text] of texts) {
    const entry = entryAt(book, recordKey);
    change(entry, { call: null, stale: true, stored: text });
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
  entry.unreadable = false;
  if (entry.report === null) {
    change(entry, { report: seen, unsaved: false });
    if (seen.state === 'held') logHeld(book, entry, seen);
  } else if (seen.state === 'held') onHeld(book, entry, entry.report, seen);
  else onReleased(book, entry, entry.report, seen);
}

/** No release deletes a held record, so the store went back, and so did the adoptions in the record. */
function onGone(book: Book, entry: Entry): void {
  const { report, recordKey } = entry;
  if (report === null) {
    if (!entry.unreadable) book.entries.delete(recordKey);
  } else if (report.state === 'held' || entry.unsaved)
    change(entry, { report: heldOf(report), unsaved: true });
  else if (!isOwn(book, entry)) book.entries.delete(recordKey);
  else if (report.released?.how !== 'operator')
    holdAgain(book, entry, report, 'the store lost a report that was released');
}

function onHeld(book: Book, entry: Entry, local: Report, seen: Report): void {
  const hasFurther = seen.word.others.some((id) => !local.word.others.includes(id));
  // No look at the mark was about a word that this service did not know: its `top` may be higher.
  if (hasFurther) change(entry, { floorAbove: false, judging: null });
  if (local.state === 'released') {
    // Either the record changed before this service's release was written, or the store went back.
    if (!entry.unsaved) logHeld(book, entry, seen, 'the store holds a report that was released');
    change(entry, { report: seen, unsaved: false, saidAgain: false, claimed: null });
    return;
  }
  const word = joined(local.word, seen.word);
  const more = word.others.length > seen.word.others.length;
  // Keys that were freed before the further word was written are not freed of that word.
  const report: Report = more ? { ...seen, word, freed: [] } : seen;
  change(entry, { report, unsaved: more, claimed: null });
}

function onReleased(book: Book, entry: Entry, local: Report, seen: Report): void {
  if (local.state === 'released') {
    change(entry, { report: seen, unsaved: false });
    return;
  }
  const word = joined(local.word, seen.word);
  if (word.others.length > seen.word.others.length)
    holdAgain(book, entry, { ...seen, word }, 'a further word came while the report was released');
  else if (seen.released?.how === 'operator') settle(book, entry, seen, false);
  // The release may be older than a restore that this service was asked about: the mark decides.
  else change(entry, { claimed: seen, unsaved: false, judging: 'due' });
}

/** The words of both. */
function joined(local: ReportWord, seen: ReportWord): ReportWord {
  const others = [...new Set([...seen.others, ...local.others])];
  return { ...seen, top: higher(local.top, seen.top), others };
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
    const verdict = verdicts.get(entry.recordKey);
    if (verdict === undefined || entry.report === null) continue;
    const release = judge(book, entry, entry.report, verdict) ?? whenFreed(entry, policies);
    if (release === null) continue;
    const released = { ...release, by: book.service, atMs };
    settle(book, entry, { ...entry.report, state: 'released', released }, true);
  }
}

type Release = Pick<Released, 'how' | 'reason'>;

/** By the mark alone. */
function judge(book: Book, entry: Entry, report: Report, verdict: Verdict): Release | null {
  const isAlone = report.word.others.length === 0;
  if (entry.claimed !== null) {
    if (verdict !== 'none') settle(book, entry, entry.claimed, false);
    else holdAgain(book, entry, report, 'the store holds a release, but not its reason');
  } else if (report.state === 'released') {
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
  if (entry.report?.state !== 'held' || policies === null || policies.length === 0) return null;
  if (!policies.every(({ chain, key }) => isFreed(entry, chain, key))) return null;
  return { how: 'adopted', reason: `${policies.length} keys are freed, each by an adoption or by its floor` };
}

/** The record is to say that the word holds every key, also if its release was written before. */
function holdAgain(book: Book, entry: Entry, report: Report, detail: string): void {
  const reset = { saidAgain: false, claimed: null, floorAbove: false };
  change(entry, { ...reset, report: heldOf(report), unsaved: true });
  logHeld(book, entry, report, detail);
}

/** The report is released: by this service, which then writes it, or in the store. */
function settle({ log }: Book, entry: Entry, report: Report, unsaved: boolean): void {
  const calm = { saidAgain: false, claimed: null, floorAbove: false, unkept: [] };
  change(entry, { ...calm, report, unsaved });
  const { node, released, why } = report;
  const id = reportId(entry.recordKey);
  const event = { event: 'rollback-report-released', id, node, ...released, detail: why };
  log.warn(event, 'a rollback report was released');
}

function logHeld({ log }: Book, { recordKey }: Entry, { service, node, why }: Report, detail = why): void {
  const event = { event: 'rollback-report-held', id: reportId(recordKey), service, node, detail };
  log.error(event, 'a node remembers more than the store holds: every key is held');
}
