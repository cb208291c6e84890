import { growingMs, messageOf, OVER, until } from '@watchbill/kit';
import { type CoreContext, readText } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { createMirror } from '../ground/mirror.ts';
import { type Book, change, type Entry, entryAt, isHolding } from './book.ts';
import { encodeReport, heldOf, keyOf, type Released, reportId, reportKey } from './report.ts';
import { type Judgement, onDisk, onDue, onJudged, onSeen } from './rules.ts';
import { writeRecord } from './store-records.ts';

/** The reports of one service under way: what it knows, and where it reads and writes. */
export interface Following {
  readonly context: CoreContext;
  readonly book: Book;
  /** Linearizable reads of the marks of these words, and then of the list of policies. Never rejects. */
  readonly judge: (asked: readonly Entry[]) => Promise<Judgement>;
  /** Resolves with the next change of the book. */
  changed: PromiseWithResolvers<true>;
  readonly stopping: AbortController;
}

/** Every held word is looked at this often. */
const JUDGE_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** After a fault of the own disk. */
const DISK_RETRY_MS = 4_000;

export function followingOf(context: CoreContext, judge: Following['judge']): Following {
  const { ledger, log } = context.parts;
  const book = { service: ledger.serviceId, log, entries: new Map() };
  return { context, book, judge, changed: Promise.withResolvers(), stopping: new AbortController() };
}

/**
 * The words of the own disk first, so that they hold from the start; then every record in the store. Rejects
 * with a StoreFault. The returned function stops.
 */
export async function follow(following: Following): Promise<() => Promise<void>> {
  const { context, book, stopping } = following;
  for (const { id, text } of context.parts.ledger.openWords())
    act(following, () => onDisk(book, reportKey(book.service, id), text));
  const records = await createMirror(context, { prefix: keys.doubts, decode: (_recordKey, text) => text });
  records.onChange((recordKey) => act(following, () => change(entryAt(book, recordKey), { stale: true })));
  act(following, () => {
    for (const [recordKey, text] of records.entries()) {
      // The record of a word on the own disk is being read.
      if (book.entries.has(recordKey)) continue;
      const entry = entryAt(book, recordKey);
      entry.stale = false;
      onSeen(book, entry, text);
    }
  });
  const judgeAgain = () => {
    act(following, () => onDue(book));
    return null;
  };
  const { clock } = context.parts;
  const looking = until(judgeAgain, { clock, signal: stopping.signal, pauseMs: JUDGE_MS });
  return async () => {
    stopping.abort();
    records.stop();
    await looking;
  };
}

/** The one way to change the book. Begins what each report needs next; after the stop it does nothing. */
export function act(following: Following, work: () => void): void {
  const { book, changed, stopping } = following;
  if (stopping.signal.aborted) return;
  work();
  void lookAtDue(following);
  for (const entry of [...book.entries.values()]) {
    void followRecord(following, entry);
    void followDisk(following, entry);
  }
  following.changed = Promise.withResolvers();
  changed.resolve(true);
}

/** True once `holds` is, and false after the time of the store, or if the service stops before. */
export async function settles(following: Following, holds: () => boolean): Promise<boolean> {
  const { context, stopping } = following;
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, stopping.signal]);
  const late = context.parts.clock.sleep(context.options.storeTimeoutMs, signal).then(() => false);
  let isInTime = true;
  while (isInTime && !holds()) isInTime = await Promise.race([following.changed.promise, late]);
  ended.abort(OVER);
  return isInTime;
}

/** One look at the marks of all words that are due. Words that hold no key are left out. */
async function lookAtDue(following: Following): Promise<void> {
  const { book, context } = following;
  const look = Symbol();
  const due = [...book.entries.values()].filter(({ judging }) => judging === 'due');
  const asked = due.filter((entry) => isHolding(entry) && !entry.unreadable);
  for (const entry of due) entry.judging = asked.includes(entry) ? look : null;
  if (asked.length === 0) return;
  const judgement = await following.judge(asked);
  act(following, () => onJudged(book, look, judgement, context.parts.clock.nowMs()));
}

/** One call to the store after the other, until it holds the report. */
async function followRecord(following: Following, entry: Entry): Promise<void> {
  const { book, context, stopping } = following;
  if (entry.storing || !needsStore(entry)) return;
  entry.storing = true;
  for (let failures = 0; needsStore(entry) && !stopping.signal.aborted; ) {
    try {
      if (entry.stale) await readRecord(following, entry);
      else await saveRecord(context, entry);
      failures = 0;
    } catch (error) {
      // A write may have been applied: the record is read again, later and later.
      entry.stale = true;
      if (entry.unsaved) logFailed(book, entry, 'rollback-report-unsaved', error);
      const pauseMs = growingMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS);
      failures += 1;
      await context.parts.clock.sleep(pauseMs, stopping.signal);
    }
  }
  act(following, () => change(entry, { storing: false }));
}

async function readRecord(following: Following, entry: Entry): Promise<void> {
  entry.stale = false;
  const text = await readText(following.context, entry.recordKey);
  // A record that changed meanwhile is read once more.
  if (!entry.stale) act(following, () => onSeen(following.book, entry, text));
}

/** Writes over the text that was read. Every write is read back: only then the store holds the report. */
async function saveRecord(context: CoreContext, entry: Entry): Promise<void> {
  const { recordKey, report, stored } = entry;
  const text = report === null ? stored : encodeReport(report);
  if (text === null || text === stored) {
    entry.unsaved = false;
    return;
  }
  entry.stale = true;
  await writeRecord(context, recordKey, stored, text);
}

/** Keeps or releases the words of a report in the ledger of this service, durably: each under its own id. */
async function followDisk(following: Following, entry: Entry): Promise<void> {
  const { book, context, stopping } = following;
  const { ledger, clock } = context.parts;
  const { report, kept, unkept } = entry;
  const need = needsDisk(book, entry);
  if (report === null || need === null || entry.keeping) return;
  // A word that is being released does not count as kept.
  change(entry, { keeping: true, kept: false, fault: null });
  try {
    if (need === 'keep')
      for (const one of kept ? unkept : [report, ...unkept])
        await ledger.keepWord({ id: reportId(keyOf(one)), text: encodeReport(heldOf(one)) });
    else {
      // A further word that a restart gave a separate report is not released with this one.
      const others = report.others.filter((id) => !book.entries.has(reportKey(book.service, id)));
      for (const id of [reportId(entry.recordKey), ...others]) await ledger.releaseWord(id, need);
    }
    change(entry, { kept: need === 'keep', unkept: entry.unkept.filter((one) => !unkept.includes(one)) });
  } catch (error) {
    // Callers that wait for this word have to know. The disk is tried again after a pause.
    act(following, () => change(entry, { kept, fault: error }));
    logFailed(book, entry, 'rollback-report-unkept', error);
    await clock.sleep(DISK_RETRY_MS, stopping.signal);
  }
  act(following, () => change(entry, { keeping: false }));
}

/** True if the store and the own disk hold what the entry says. */
export function isCalm(book: Book, recordKey: string): boolean {
  const entry = book.entries.get(recordKey);
  if (entry === undefined) return true;
  const { storing, keeping, judging, saidAgain, claimed } = entry;
  if (storing || keeping || judging !== null || saidAgain || claimed !== null) return false;
  return !needsStore(entry) && needsDisk(book, entry) === null;
}

function needsStore({ stale, unsaved }: Entry): boolean {
  return stale || unsaved;
}

function needsDisk({ service }: Book, entry: Entry): 'keep' | Released | null {
  const { report, kept, unkept, saidAgain } = entry;
  if (report === null || entry.unreadable || report.service !== service) return null;
  if (report.released === null || saidAgain) return kept && unkept.length === 0 ? null : 'keep';
  // The store has the release first: a start between the two asks the store again.
  return kept && !entry.storing && !needsStore(entry) ? report.released : null;
}

function logFailed({ log }: Book, { recordKey }: Entry, event: string, error: unknown): void {
  const message = 'a rollback report was not saved; this service holds every key and tries again';
  log.error({ event, id: reportId(recordKey), detail: messageOf(error) }, message);
}
