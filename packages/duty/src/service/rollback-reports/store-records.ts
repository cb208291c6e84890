import { messageOf } from '@watchbill/kit';
import { explains, type Mark, RecordError } from '../../rule/index.ts';
import { PermitFault } from '../contract.ts';
import { type CoreContext, listTexts, readText, transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import { keysWithPolicy } from '../ground/policies.ts';
import { compareOf, toBytes } from '../ground/records.ts';
import { type Book, type Entry, isHolding } from './book.ts';
import { encodeReport, pointOf, type Report, readReport, reportId } from './report.ts';
import type { Judgement, Verdict } from './rules.ts';

/** A linearizable read of a whole mark; null if there is none. */
export type ReadMark = (chain: string, key: string, duty: string) => Promise<Mark | null>;

const ATTEMPTS = 3;
const LIST_REMEDY = 'List them with `watchbill rollback-report list`.';

/**
 * Writes with a compare of the text read before. False: the record has another text. Throws if it is not
 * certain whether the text was written.
 */
export async function writeRecord(
  context: CoreContext,
  recordKey: string,
  before: string | null,
  text: string,
): Promise<boolean> {
  const compares = [compareOf(recordKey, before)];
  const writes = [{ key: recordKey, value: toBytes(text) }];
  const result = await transact(context, { compares, writes });
  if (result.outcome === 'ambiguous') throw result.cause;
  return result.outcome === 'applied';
}

/**
 * How each mark accounts for its words, and then the policies: one that is missing was made later than the
 * marks were read. Never throws.
 */
export async function judgeWords(
  context: CoreContext,
  { epoch, voided }: LedgerEpochs,
  readMark: ReadMark,
  asked: readonly Entry[],
): Promise<Judgement> {
  const { log } = context.parts;
  const verdicts = new Map<Entry, Verdict>();
  const marks = new Map<string, Mark | null | undefined>();
  for (const entry of asked) {
    if (entry.report === null) continue;
    const { chain, key, duty } = entry.report;
    const name = `${chain} ${key} ${duty}`;
    const unread = (error: unknown) => {
      const event = { event: 'mark-unread', chain, key, duty, error: messageOf(error) };
      log.warn(event, 'a mark was not read');
      return undefined;
    };
    if (!marks.has(name)) marks.set(name, await readMark(chain, key, duty).catch(unread));
    const mark = marks.get(name);
    if (mark === undefined) continue;
    const point = pointOf(entry.report);
    const found = explains(mark, epoch, point, voided);
    // A floor over a word of a voided epoch is the recovery's, which adopted every key.
    const isRecovered = found === 'floor' && mark?.epoch !== point.epoch;
    verdicts.set(entry, isRecovered ? 'recovered' : found);
  }
  const policies = await keysWithPolicy(context).catch((error: unknown) => {
    log.warn({ event: 'policy-unread', error: messageOf(error) }, 'the policies were not read');
    return null;
  });
  return { verdicts, policies };
}

/**
 * An operator releases one word. Answers the text of its record, by record key. Throws a PermitFault:
 * `report-unknown` (404), `report-released`, `report-unreadable` and `changed` (409), `store-unavailable`
 * (503).
 */
export async function releaseRecord(
  context: CoreContext,
  { entries }: Book,
  id: string,
  released: { readonly by: string; readonly reason: string; readonly atMs: number },
): Promise<ReadonlyMap<string, string>> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const stored = await listTexts(context, keys.doubts);
    // The store may not have it yet, or have the release of a word that was said again.
    const here = [...entries.values()].find(
      (one) => reportId(one.recordKey) === id && isHolding(one) && one.report !== null,
    );
    const recordKey = [...stored.keys()].find((one) => reportId(one) === id) ?? here?.recordKey;
    if (recordKey === undefined)
      throw new PermitFault('report-unknown', 404, `there is no rollback report ${id}`, LIST_REMEDY);
    const before = stored.get(recordKey) ?? null;
    const report = before === null ? here?.report : readable(recordKey, before);
    if (report == null || (report.released !== null && here === undefined))
      throw new PermitFault('report-released', 409, `rollback report ${id} is released already`, LIST_REMEDY);
    const text = encodeReport({ ...report, released: { how: 'operator', ...released } });
    const isWritten = await writeRecord(context, recordKey, before, text).catch(async (error: unknown) => {
      const found = await readText(context, recordKey).catch(() => null);
      if (found === text) return true;
      const message = `it is not certain whether the release was written: ${messageOf(error)}`;
      const remedy =
        'Look at it with `watchbill rollback-report list`, and repeat the command if it is still held.';
      throw new PermitFault('store-unavailable', 503, message, remedy, error);
    });
    if (isWritten) return new Map([[recordKey, text]]);
  }
  const remedy = 'Look at it again and repeat the command.';
  throw new PermitFault('changed', 409, `rollback report ${id} keeps changing`, remedy);
}

function readable(recordKey: string, text: string): Report {
  const report = readReport(recordKey, text);
  if (!(report instanceof RecordError)) return report;
  const remedy = 'Release it with the release of watchbill that wrote it.';
  throw new PermitFault('report-unreadable', 409, report.message, remedy, report);
}
