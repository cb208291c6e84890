import { messageOf } from '@watchbill/kit';
import { explains, type LedgerPoint, type Mark, RecordError } from '../../rule/index.ts';
import { type CallOptions, StoreFault } from '../../store/index.ts';
import { PermitFault } from '../contract.ts';
import { type CoreContext, listTexts, readTexts } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import { toBytes } from '../ground/records.ts';
import { decodeReport, encodeReport, pointOfWord, type Report, type ReportWord, reportId } from './report.ts';
import type { Verdict } from './report-events.ts';

export type ReadMark = (chain: string, key: string, duty: string) => Promise<Mark | null>;

/** One operator's release, as the store has it now. */
export interface ReleasedRecord {
  readonly recordKey: string;
  readonly text: string;
}

const ATTEMPTS = 3;
const UNKNOWN_REMEDY = 'List them with `watchbill rollback-report list`.';

/** Writes with a compare of the text read before. Never throws: a fault is `unsure`. */
export async function writeRecord(
  context: CoreContext,
  recordKey: string,
  before: string | null,
  text: string,
): Promise<{ readonly outcome: 'applied' | 'conflict' | 'unsure'; readonly why: string }> {
  const options: CallOptions = { timeoutMs: context.options.storeTimeoutMs };
  const compares = [{ key: recordKey, value: before === null ? null : toBytes(before) }];
  const writes = [{ key: recordKey, value: toBytes(text) }];
  try {
    const [result] = await context.parts.store.transact([{ compares, writes }], options);
    if (result === undefined) return { outcome: 'unsure', why: 'the store gave no result' };
    if (result.outcome === 'ambiguous') return { outcome: 'unsure', why: result.cause.message };
    return { outcome: result.outcome, why: '' };
  } catch (error) {
    return { outcome: 'unsure', why: messageOf(error) };
  }
}

/** Every record under `doubt/`. Throws a StoreFault. */
export function listRecords(context: CoreContext): Promise<Map<string, string>> {
  return listTexts(context, keys.doubts);
}

/** How each mark accounts for its words; words whose mark was not read are left out. Never throws. */
export async function judgeWords(
  context: CoreContext,
  epochs: LedgerEpochs,
  readMark: ReadMark,
  asked: readonly { readonly recordKey: string; readonly report: Report }[],
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const marks = new Map<string, Mark | null>();
  for (const { recordKey, report } of asked) {
    const { word } = report;
    const mark = await markOf(context, readMark, marks, word);
    if (mark !== undefined) verdicts.set(recordKey, verdictOn(mark, epochs, pointOfWord(word)));
  }
  return verdicts;
}

/** A word of a voided epoch that a floor covers is answered by the recovery, which adopted every key. */
function verdictOn(mark: Mark | null, { epoch, voided }: LedgerEpochs, point: LedgerPoint): Verdict {
  const found = explains(mark, epoch, point, voided);
  return found === 'floor' && mark?.epoch !== point.epoch ? 'recovered' : found;
}

async function markOf(
  context: CoreContext,
  readMark: ReadMark,
  marks: Map<string, Mark | null>,
  { chain, key, duty }: ReportWord,
): Promise<Mark | null | undefined> {
  const name = `${chain} ${key} ${duty}`;
  const known = marks.get(name);
  if (known !== undefined) return known;
  try {
    const mark = await readMark(chain, key, duty);
    marks.set(name, mark);
    return mark;
  } catch (error) {
    const event = { event: 'mark-unread', chain, key, duty, error: messageOf(error) };
    context.parts.log.warn(event, 'a mark was not read');
    return undefined;
  }
}

/**
 * The key of every policy in the store, not those that this service happens to know; null if they were not
 * read.
 */
export async function listPolicies(
  context: CoreContext,
): Promise<readonly { readonly chain: string; readonly key: string }[] | null> {
  try {
    const found = await listTexts(context, keys.policies);
    const pointers = [...found.keys()].filter((recordKey) => recordKey.endsWith('/current'));
    return pointers.map((recordKey) => {
      const [, chain = '', key = ''] = recordKey.split('/');
      return { chain, key };
    });
  } catch (error) {
    const event = { event: 'policy-unread', error: messageOf(error) };
    context.parts.log.warn(event, 'the policies were not read');
    return null;
  }
}

/**
 * An operator releases one word. Throws a PermitFault: `report-unknown` (404), `report-released` and
 * `changed` (409), `store-unavailable` (503).
 *
 * @param heldHere reports that this service holds and the store may not have yet, by record key
 */
export async function releaseRecord(
  context: CoreContext,
  id: string,
  released: { readonly by: string; readonly reason: string; readonly atMs: number },
  heldHere: ReadonlyMap<string, Report>,
): Promise<ReleasedRecord> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const stored = await listRecords(context);
    const recordKey = [...stored.keys(), ...heldHere.keys()].find((one) => reportId(one) === id);
    if (recordKey === undefined)
      throw new PermitFault('report-unknown', 404, `there is no rollback report ${id}`, UNKNOWN_REMEDY);
    const before = stored.get(recordKey) ?? null;
    const report = before === null ? heldHere.get(recordKey) : readable(recordKey, before);
    if (report === undefined || (report.state === 'released' && !heldHere.has(recordKey)))
      throw new PermitFault(
        'report-released',
        409,
        `rollback report ${id} is released already`,
        UNKNOWN_REMEDY,
      );
    const text = encodeReport({ ...report, state: 'released', released: { how: 'operator', ...released } });
    const { outcome, why } = await writeRecord(context, recordKey, before, text);
    if (outcome === 'applied') return { recordKey, text };
    if (outcome === 'unsure') return readBack(context, recordKey, text, why);
  }
  throw new PermitFault(
    'changed',
    409,
    `rollback report ${id} keeps changing`,
    'Look at it again and repeat the command.',
  );
}

function readable(recordKey: string, text: string): Report {
  try {
    return decodeReport(recordKey, text);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const remedy = 'Release it with the release of watchbill that wrote it.';
    throw new PermitFault('report-unreadable', 409, error.message, remedy, error);
  }
}

async function readBack(
  context: CoreContext,
  recordKey: string,
  text: string,
  why: string,
): Promise<ReleasedRecord> {
  const [found] = await readTexts(context, [recordKey]).catch((error: unknown) => {
    if (error instanceof StoreFault) return [null];
    throw error;
  });
  if (found === text) return { recordKey, text };
  throw new PermitFault(
    'store-unavailable',
    503,
    `it is not certain whether the release was written: ${why}`,
    'Look at it with `watchbill rollback-report list`, and repeat the command if it is still held.',
  );
}
