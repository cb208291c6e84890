import { growingMs, messageOf, OVER } from '@watchbill/kit';
import { type CoreContext, readTexts } from '../ground/context.ts';
import { LedgerFault } from '../ledger/port.ts';
import { type Book, change, type Entry, emptyBook, entryAt, isHolding, isOwn } from './book.ts';
import { encodeReport, heldOf, idOf, type Report, reportId, reportKey } from './report.ts';
import { onDisk, onDue, onJudged, onSeen } from './rules.ts';
import { type Asked, type Judgement, listRecords, watchRecords, writeRecord } from './store-records.ts';

/** The reports of one service under way: what it knows, and where it reads and writes. */
export interface Following {
  readonly context: CoreContext;
  readonly book: Book;
  /** Linearizable reads of the marks of these words, and then of the list of policies. Never rejects. */
  readonly judge: (asked: readonly Asked[]) => Promise<Judgement>;
  readonly waiting: Set<Waiter>;
  readonly stopping: AbortController;
}

interface Waiter {
  readonly holds: () => boolean;
  readonly recordKey: () => string | null;
  readonly end: (error: unknown) => void;
}

/** Every held word is looked at this often. */
const JUDGE_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** After a fault of the own disk. */
const DISK_RETRY_MS = 4_000;

export function followingOf(context: CoreContext, judge: Following['judge']): Following {
  const { ledger, log } = context.parts;
  const book = emptyBook(ledger.serviceId, log);
  return { context, book, judge, waiting: new Set(), stopping: new AbortController() };
}

/**
 * The words of the own disk first, so that they hold from the start; then every record in the store. Rejects
 * with a StoreFault. The returned function stops.
 */
export async function follow(following: Following): Promise<() => Promise<void>> {
  const { context, book, stopping, waiting } = following;
  for (const { id, text } of context.parts.ledger.openWords())
    act(following, () => onDisk(book, reportKey(book.service, id), text));
  const watch = await watchRecords(context, stopping.signal, (recordKey) =>
    act(following, () => change(entryAt(book, recordKey), { stale: true })),
  );
  for (const [recordKey, text] of await listRecords(context)) {
    const entry = entryAt(book, recordKey);
    if (entry.call === null) act(following, () => onSeen(book, entry, text));
  }
  watch.listed();
  const looking = lookWhileHeld(following);
  return async () => {
    stopping.abort();
    watch.stop();
    for (const waiter of [...waiting]) waiter.end(new LedgerFault('the service stops', 'Start it again.'));
    await looking;
  };
}

/** The one way to change the book. Begins what each report needs next; after the stop it does nothing. */
export function act(following: Following, work: () => void): void {
  const { book, stopping, waiting } = following;
  if (stopping.signal.aborted) return;
  work();
  const entries = [...book.entries.values()];
  void lookAt(
    following,
    entries.filter(({ judging }) => judging === 'due'),
  );
  for (const entry of entries) {
    // One call to the store and one to the own disk at once.
    if (needsStore(entry) && !entry.resting) void (entry.stale ? readRecord : saveRecord)(following, entry);
    const need = needsDisk(book, entry);
    if (need !== null) void (need === 'keep' ? keepWords : releaseWords)(following, entry);
  }
  for (const waiter of [...waiting]) if (waiter.holds()) waiter.end(null);
}

/**
 * Settles when `holds` is true. Rejects with a fault of the own disk about that record, or, after the time of
 * the store, with `late`.
 */
export async function settleWhen(
  { context, waiting }: Following,
  holds: () => boolean,
  recordKey: () => string | null,
  late: Error | null,
): Promise<void> {
  if (holds()) return;
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const waiter: Waiter = {
    holds,
    recordKey,
    end(error) {
      waiting.delete(waiter);
      ended.abort(OVER);
      if (error === null) resolve();
      else reject(error);
    },
  };
  waiting.add(waiter);
  if (late !== null) {
    const { clock } = context.parts;
    void clock.sleep(context.options.storeTimeoutMs, ended.signal).then(() => waiter.end(late));
  }
  await promise;
}

/** Settles when the store and the disk hold what these entries say, or after the store's time. */
export async function quiet(following: Following, recordKeys: readonly string[]): Promise<void> {
  const holds = () => recordKeys.every((recordKey) => isCalm(following.book, recordKey));
  const late = new LedgerFault('a rollback report is still being written', 'It is tried again.');
  await settleWhen(following, holds, () => null, late).catch(() => undefined);
}

async function lookWhileHeld(following: Following): Promise<void> {
  const { context, book, stopping } = following;
  const isHeld = () => [...book.entries.values()].some(isHolding);
  while (!stopping.signal.aborted) {
    await settleWhen(following, isHeld, () => null, null).catch(() => undefined);
    act(following, () => onDue(book));
    await context.parts.clock.sleep(JUDGE_MS, stopping.signal);
  }
}

/** One look at the marks of all these words. Words that hold no key are left out. */
async function lookAt(following: Following, due: readonly Entry[]): Promise<void> {
  const look = Symbol();
  const asked: Asked[] = [];
  for (const entry of due) {
    const { recordKey, report, unreadable } = entry;
    const isAsked = report !== null && !unreadable && isHolding(entry);
    entry.judging = isAsked ? look : null;
    if (isAsked) asked.push({ recordKey, report });
  }
  if (asked.length === 0) return;
  const judgement = await following.judge(asked);
  act(following, () => onJudged(following.book, look, judgement, following.context.parts.clock.nowMs()));
}

async function readRecord(following: Following, entry: Entry): Promise<void> {
  const call = begin(entry);
  const read = await settled(readTexts(following.context, [entry.recordKey]));
  if ('error' in read) await putOff(following, entry, call, messageOf(read.error));
  else answered(following, entry, call, () => onSeen(following.book, entry, read.value[0] ?? null));
}

/** Writes over the text that was read. Every write is read back: only then the store holds the report. */
async function saveRecord(following: Following, entry: Entry): Promise<void> {
  const { recordKey, report, stored } = entry;
  const text = report === null ? stored : encodeReport(report);
  if (text === null || text === stored) {
    entry.unsaved = false;
    return;
  }
  const call = begin(entry);
  const { outcome, why } = await writeRecord(following.context, recordKey, stored, text);
  if (outcome === 'unsure') await putOff(following, entry, call, why);
  else answered(following, entry, call, () => change(entry, { call: null, stale: true }));
}

function begin(entry: Entry): symbol {
  const call = Symbol();
  entry.call = call;
  return call;
}

/** Drops the answer if a transaction wrote the record meanwhile: that said more. */
function answered(following: Following, entry: Entry, call: symbol, work: () => void): boolean {
  const counts = entry.call === call;
  if (counts) act(following, work);
  return counts;
}

/** A call without an answer may have been applied: the record is read again, later and later. */
async function putOff(following: Following, entry: Entry, call: symbol, why: string): Promise<void> {
  const { book, context, stopping } = following;
  const pauseMs = growingMs(entry.failures, FIRST_RETRY_MS, LAST_RETRY_MS);
  const counts = answered(following, entry, call, () => {
    change(entry, { call: null, resting: true, stale: true, failures: entry.failures + 1 });
    if (entry.unsaved) logFailed(book, entry, 'rollback-report-unsaved', why);
  });
  if (!counts) return;
  await context.parts.clock.sleep(pauseMs, stopping.signal);
  act(following, () => change(entry, { resting: false }));
}

/** Durable in this service's ledger: the word and the further ones of its report, each under its own id. */
async function keepWords(following: Following, entry: Entry): Promise<void> {
  const { ledger } = following.context.parts;
  const words = wordsToKeep(entry);
  const { kept } = change(entry, { busy: true });
  const done = await settled(inTurn(words, (word) => ledger.keepWord(word)));
  const isOpen = (one: Report) => !words.some(({ id }) => id === idOf(one));
  if ('error' in done) await onDiskFailed(following, entry, done.error, kept);
  else act(following, () => change(entry, { busy: false, kept: true, unkept: entry.unkept.filter(isOpen) }));
}

async function releaseWords(following: Following, entry: Entry): Promise<void> {
  const { context, book } = following;
  const { report } = entry;
  const release = report?.released;
  if (report === null || release == null) return;
  // One that a restart gave a separate report is not released with it.
  const others = report.word.others.filter((id) => !book.entries.has(reportKey(book.service, id)));
  change(entry, { busy: true, kept: false });
  const ids = [idOf(report), ...others];
  const done = await settled(inTurn(ids, (id) => context.parts.ledger.releaseWord(id, release)));
  if ('error' in done) await onDiskFailed(following, entry, done.error, true);
  else act(following, () => change(entry, { busy: false }));
}

/** Callers that wait for this record have to know. The disk is tried again after a pause. */
async function onDiskFailed(
  following: Following,
  entry: Entry,
  error: unknown,
  kept: boolean,
): Promise<void> {
  const { book, context, stopping, waiting } = following;
  act(following, () => {
    entry.kept = kept;
    logFailed(book, entry, 'rollback-report-unkept', messageOf(error));
  });
  for (const waiter of [...waiting]) if (waiter.recordKey() === entry.recordKey) waiter.end(error);
  await context.parts.clock.sleep(DISK_RETRY_MS, stopping.signal);
  act(following, () => change(entry, { busy: false }));
}

/** The words that the disk does not have yet, the first one as its claimant sent it. */
export function wordsToKeep({ report, kept, unkept }: Entry): { id: string; text: string }[] {
  const first = kept || report === null ? [] : [ownWord(report)];
  return [...first, ...unkept].map((one) => ({ id: idOf(one), text: encodeReport(heldOf(one)) }));
}

/** Further words have their own lines on the disk. */
function ownWord(report: Report): Report {
  return { ...report, word: { ...report.word, top: report.word.point.top, others: [] } };
}

/** True if the store and the own disk hold what the entry says. */
export function isCalm(book: Book, recordKey: string): boolean {
  const entry = book.entries.get(recordKey);
  if (entry === undefined) return true;
  const { call, judging, busy, saidAgain, claimed } = entry;
  if (call !== null || judging !== null || busy || saidAgain || claimed !== null) return false;
  return !needsStore(entry) && needsDisk(book, entry) === null;
}

function needsStore({ call, stale, unsaved }: Entry): boolean {
  return call === null && (stale || unsaved);
}

function needsDisk(book: Book, entry: Entry): 'keep' | 'release' | null {
  const { report, kept, busy, saidAgain, claimed, unkept } = entry;
  if (report === null || entry.unreadable || busy || !isOwn(book, entry)) return null;
  if (report.state === 'held' || saidAgain || claimed !== null)
    return kept && unkept.length === 0 ? null : 'keep';
  // The store has the release first: a start between the two asks the store again.
  return kept && !entry.unsaved && !entry.stale ? 'release' : null;
}

function logFailed({ log }: Book, { recordKey }: Entry, event: string, detail: string): void {
  const message = 'a rollback report was not saved; this service holds every key and tries again';
  log.error({ event, id: reportId(recordKey), detail }, message);
}

async function inTurn<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (const item of items) await work(item);
}

function settled<Value>(work: Promise<Value>) {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
