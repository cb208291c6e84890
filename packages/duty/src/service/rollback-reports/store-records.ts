import { messageOf } from '@watchbill/kit';
import { explains, type Mark, RecordError } from '../../rule/index.ts';
import { type CallOptions, StoreFault } from '../../store/index.ts';
import { PermitFault } from '../contract.ts';
import { type CoreContext, listTexts, readTexts } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import { readyOrLate } from '../ground/mirror.ts';
import { toBytes } from '../ground/records.ts';
import { encodeReport, pointOfWord, type Report, type ReportWord, readReport, reportId } from './report.ts';

/** A linearizable read of a whole mark; null if there is none. */
export type ReadMark = (chain: string, key: string, duty: string) => Promise<Mark | null>;

/** One operator's release, as the store has it now. */
export interface ReleasedRecord {
  readonly recordKey: string;
  readonly text: string;
}

export interface Written {
  readonly outcome: 'applied' | 'conflict' | 'unsure';
  readonly why: string;
}

/**
 * How the mark of a word accounts for it; see `explains` of `@watchbill/duty`. `recovered`: the word is of an
 * epoch that a recovery ended, and the floor that it adopted is at or above `top`.
 */
export type Verdict = 'lineage' | 'floor' | 'gap' | 'none' | 'recovered';

/** Linearizable reads of marks, and then of the list of policies. */
export interface Judgement {
  /** By record key; a word whose mark was not read is not here. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The key of every policy in the store, known to this service or not; null if they were not read. */
  readonly policies: readonly { readonly chain: string; readonly key: string }[] | null;
}

/** A word that is to be judged by its mark. */
export interface Asked {
  readonly recordKey: string;
  readonly report: Report;
}

/**
 * Hints of the store about records under `doubt/`; after a gap, about all of them. Settles when hints come,
 * or late. The caller then reads all records, and calls `listed`.
 */
export async function watchRecords(
  context: CoreContext,
  stopping: AbortSignal,
  changed: (recordKey: string) => void,
) {
  const { store, clock, log } = context.parts;
  async function readAll(): Promise<void> {
    for (let attempt = 1; !stopping.aborted; attempt++) {
      try {
        for (const recordKey of (await listRecords(context)).keys()) changed(recordKey);
        return;
      } catch (error) {
        log.warn({ event: 'mirror-stale', prefix: keys.doubts, error: messageOf(error) }, 'read again later');
        await clock.sleep(Math.min(5_000, 200 * attempt), stopping);
      }
    }
  }
  const watch = store.watch(keys.doubts, {
    onChange: ({ key }) => changed(key),
    onResync: () => void readAll(),
  });
  const late = await readyOrLate(context, watch);
  return { stop: () => watch.stop(), listed: () => late(readAll) };
}

const ATTEMPTS = 3;
const LIST_REMEDY = 'List them with `watchbill rollback-report list`.';

/** Writes with a compare of the text read before. Never throws: a fault is `unsure`. */
export async function writeRecord(
  context: CoreContext,
  recordKey: string,
  before: string | null,
  text: string,
): Promise<Written> {
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

/**
 * How each mark accounts for its words, and then the policies: one that is missing was made later than the
 * marks were read. Never throws.
 */
export async function judgeWords(
  context: CoreContext,
  { epoch, voided }: LedgerEpochs,
  readMark: ReadMark,
  asked: readonly Asked[],
): Promise<Judgement> {
  const verdicts = new Map<string, Verdict>();
  const marks = new Map<string, Mark | null | undefined>();
  for (const { recordKey, report } of asked) {
    const { chain, key, duty } = report.word;
    const name = `${chain} ${key} ${duty}`;
    if (!marks.has(name)) marks.set(name, await markOf(context, readMark, report.word));
    const mark = marks.get(name);
    if (mark === undefined) continue;
    const point = pointOfWord(report.word);
    const found = explains(mark, epoch, point, voided);
    // A floor over a word of a voided epoch is the recovery's, which adopted every key.
    const isRecovered = found === 'floor' && mark?.epoch !== point.epoch;
    verdicts.set(recordKey, isRecovered ? 'recovered' : found);
  }
  return { verdicts, policies: await listPolicies(context) };
}

/** Undefined for a mark that was not read. */
async function markOf({ parts }: CoreContext, readMark: ReadMark, { chain, key, duty }: ReportWord) {
  try {
    return await readMark(chain, key, duty);
  } catch (error) {
    const event = { event: 'mark-unread', chain, key, duty, error: messageOf(error) };
    parts.log.warn(event, 'a mark was not read');
    return undefined;
  }
}

async function listPolicies(context: CoreContext): Promise<Judgement['policies']> {
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
      throw new PermitFault('report-unknown', 404, `there is no rollback report ${id}`, LIST_REMEDY);
    const before = stored.get(recordKey) ?? null;
    const report = before === null ? heldHere.get(recordKey) : readable(recordKey, before);
    if (report === undefined || (report.state === 'released' && !heldHere.has(recordKey)))
      throw new PermitFault('report-released', 409, `rollback report ${id} is released already`, LIST_REMEDY);
    const text = encodeReport({ ...report, state: 'released', released: { how: 'operator', ...released } });
    const { outcome, why } = await writeRecord(context, recordKey, before, text);
    if (outcome === 'applied') return { recordKey, text };
    if (outcome === 'unsure') return readBack(context, recordKey, text, why);
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
