import { canonicalJson, digestOf } from '@watchbill/kit';
import { z } from 'zod';
import {
  formatUnit,
  highestUnit,
  type LedgerPoint,
  RecordError,
  unitOfText,
  versionedRecord,
} from '../../rule/index.ts';
import type { RollbackReportView } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { pointView } from '../ground/memory.ts';
import { pointShape } from '../shapes/admin.ts';
import { unitText } from '../shapes/texts.ts';

/** A claimant's word, as the service read it from a claim. */
export interface SaidWord extends Pick<Report, 'node' | 'incarnation' | 'chain' | 'key' | 'duty' | 'why'> {
  readonly point: LedgerPoint;
}

const VERSION = 2;
/** A record stays small, so that many fit into the transaction of one adoption. */
const MAX_WHY = 500;

/** A key that an adoption freed, and which adoption that was. */
const freedShape = z.strictObject({ chain: z.string(), key: z.string(), adoption: z.string() });
const releasedShape = z.strictObject({
  how: z.enum(['explained', 'adopted', 'operator']),
  by: z.string(),
  reason: z.string(),
  /** Unix milliseconds by the clock of the service that wrote it. */
  atMs: z.int(),
});
const reportShape = z.strictObject({
  v: z.literal(VERSION),
  /** The service that heard the word. */
  service: z.string().min(1),
  node: z.string().min(1),
  incarnation: z.string(),
  chain: z.string().min(1),
  key: z.string().min(1),
  duty: z.string().min(1),
  point: pointShape,
  /** The highest `top` of this word and of the words in `others`; null if none of them has one. */
  top: unitText.nullable(),
  /** Ids of later words about the same mark that this report holds too, because its node had too many. */
  others: z.array(z.string()).readonly(),
  why: z.string(),
  freed: z.array(freedShape).readonly(),
  /** Null while the report is held. */
  released: releasedShape.nullable(),
});

export type Freed = z.infer<typeof freedShape>;
export type Released = z.infer<typeof releasedShape>;
/**
 * A rollback report: protocol section 6, "A word that the store does not explain". The record lies in the
 * store under `doubt/{service}/{id}`. A report is never changed: a new one takes its place.
 */
export type Report = Readonly<z.infer<typeof reportShape>>;

/** The report that a word begins. */
export function reportOf(service: string, said: SaidWord): Report {
  const [why, point] = [said.why.slice(0, MAX_WHY), pointView(said.point)];
  return { ...said, v: VERSION, service, why, point, top: point.top, others: [], freed: [], released: null };
}

/** Where the record of a word lies in the store. */
export function reportKey(service: string, id: string): string {
  return `${keys.doubts}${service}/${id}`;
}

/** Two claims with the same word, heard by one service, are one report; the node does not count. */
export function keyOf({ service, chain, key, duty, point }: Report): string {
  return reportKey(service, digestOf([service, chain, key, duty, point]).slice(0, 32));
}

/** The public id of a record, which is that of its word: 32 hex digits. */
export function reportId(recordKey: string): string {
  return recordKey.split('/')[2] ?? recordKey;
}

/** Canonical text of the record. */
export function encodeReport(report: Report): string {
  return canonicalJson(report);
}

/**
 * Read a record. Throws a RecordError that names the record for another version, another shape or a wrong
 * place.
 */
export function decodeReport(recordKey: string, text: string): Report {
  const what = `the rollback report ${recordKey}`;
  const report = versionedRecord(what, text, reportShape, VERSION);
  if (keyOf(report) !== recordKey) throw new RecordError(what, 'it belongs to another place');
  return report;
}

/** As {@link decodeReport}, or why this release cannot read it. */
export function readReport(recordKey: string, text: string): Report | RecordError {
  try {
    return decodeReport(recordKey, text);
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
}

/** Only what the claimant sent: the report holds every key. */
export function heldOf(report: Report): Report {
  return { ...report, freed: [], released: null };
}

/** The words of both reports. One that the first report lacked is not released, and frees no key. */
export function joined(report: Report, known: Pick<Report, 'top' | 'others'>): Report {
  const further = known.others.filter((id) => !report.others.includes(id));
  if (further.length === 0) return report;
  const top = highestUnit(unitOfText(report.top), unitOfText(known.top));
  return { ...heldOf(report), top: top && formatUnit(top), others: [...report.others, ...further] };
}

/** True if an adoption freed this key. */
export function wasAdopted({ freed }: Report, { chain, key }: Pick<Freed, 'chain' | 'key'>): boolean {
  return freed.some((one) => one.chain === chain && one.key === key);
}

/** The point of a record, for comparing it with a mark; `top` is that of the whole report. */
export function pointOf({ point, top }: Report): LedgerPoint {
  return { ...point, seq: BigInt(point.seq), unit: unitOfText(point.unit), top: unitOfText(top) };
}

/** The report for people and for the API. */
export function viewOf(
  recordKey: string,
  { v: _version, others: _others, top, ...report }: Report,
): RollbackReportView {
  const { released } = report;
  return {
    ...report,
    point: { ...report.point, top },
    id: reportId(recordKey),
    state: released === null ? 'held' : 'released',
    freed: report.freed.map(({ chain, key }) => `${chain} ${key}`),
    released: released === null ? null : { how: released.how, by: released.by, reason: released.reason },
  };
}
