import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  canonicalJson,
  type LedgerPoint,
  PARTS,
  RecordError,
  type Unit,
  versionedRecord,
} from '../../rule/index.ts';
import type { RollbackReportView } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { pointView } from '../ground/memory.ts';
import { decimal, unitText } from '../shapes/texts.ts';

/** A claimant's word, as the service read it from a claim. */
export interface SaidWord {
  readonly node: string;
  readonly incarnation: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly point: LedgerPoint;
  readonly why: string;
}

const VERSION = 2;
/** A record stays small, so that many fit into the transaction of one adoption. */
const MAX_WHY = 500;

const pointShape = z.strictObject({
  epoch: z.string(),
  seq: decimal,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  unit: unitText.nullable(),
  part: z.enum(PARTS).nullable(),
  nonce: z.string(),
  top: unitText.nullable(),
});
/** A key that an adoption freed, and which adoption that was. */
const freedShape = z.strictObject({ chain: z.string(), key: z.string(), adoption: z.string() });
const releasedShape = z.strictObject({
  how: z.enum(['explained', 'adopted', 'operator']),
  by: z.string(),
  reason: z.string(),
  /** Unix milliseconds by the clock of the service that wrote it. */
  atMs: z.int(),
});
/** The word that the claimant sent, and its mark. */
const wordShape = z.strictObject({
  chain: z.string().min(1),
  key: z.string().min(1),
  duty: z.string().min(1),
  point: pointShape,
  /** The highest `top` of this word and of the words in `others`; null if none of them has one. */
  top: unitText.nullable(),
  /** Ids of later words about the same mark that this report holds too, because its node had too many. */
  others: z.array(z.string()).readonly(),
});
const reportShape = z.strictObject({
  v: z.literal(VERSION),
  /** The service that heard the word. */
  service: z.string().min(1),
  node: z.string().min(1),
  incarnation: z.string(),
  why: z.string(),
  word: wordShape,
  state: z.enum(['held', 'released']),
  freed: z.array(freedShape).readonly(),
  /** Set if, and only if, the state is `released`. */
  released: releasedShape.nullable(),
});

export type Freed = z.infer<typeof freedShape>;
export type Released = z.infer<typeof releasedShape>;
export type ReportWord = Readonly<z.infer<typeof wordShape>>;
/**
 * A rollback report: protocol section 6, "A word that the store does not explain". The record lies in the
 * store under `doubt/{service}/{id}`. A report is never changed: a new one takes its place.
 */
export type Report = Readonly<Omit<z.infer<typeof reportShape>, 'v'>>;

/** The report that a word begins. */
export function reportOf(service: string, said: SaidWord): Report {
  const { chain, key, duty } = said;
  const point = pointView(said.point);
  return {
    service,
    node: said.node,
    incarnation: said.incarnation,
    why: said.why.slice(0, MAX_WHY),
    word: { chain, key, duty, point, top: point.top, others: [] },
    state: 'held',
    freed: [],
    released: null,
  };
}

/**
 * 32 hex digits. Two claims with the same word, heard by one service, are one report; the node does not
 * count.
 */
export function wordId(service: string, { chain, key, duty, point }: ReportWord): string {
  const { epoch, seq, hash, unit, part, nonce, top } = point;
  const text = canonicalJson([service, chain, key, duty, epoch, seq, hash, unit, part, nonce, top]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export function idOf({ service, word }: Report): string {
  return wordId(service, word);
}

/** Where the record of a word lies in the store. */
export function reportKey(service: string, id: string): string {
  return `${keys.doubts}${service}/${id}`;
}

/** The public id of a record: that of its word. */
export function reportId(recordKey: string): string {
  return recordKey.split('/')[2] ?? recordKey;
}

/** Canonical text of the record. */
export function encodeReport(report: Report): string {
  return canonicalJson({ v: VERSION, ...report });
}

/**
 * Read a record. Throws a RecordError that names the record for another version, another shape or a wrong
 * place.
 */
export function decodeReport(recordKey: string, text: string): Report {
  const what = `the rollback report ${recordKey}`;
  const { v: _version, ...rest } = versionedRecord(what, text, reportShape, VERSION);
  if ((rest.state === 'released') !== (rest.released !== null))
    throw new RecordError(what, 'state and released contradict each other');
  if (reportKey(rest.service, wordId(rest.service, rest.word)) !== recordKey)
    throw new RecordError(what, 'it belongs to another place');
  return rest;
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
  return { ...report, state: 'held', freed: [], released: null };
}

/** True if an adoption freed this key. */
export function wasAdopted({ freed }: Report, { chain, key }: Pick<Freed, 'chain' | 'key'>): boolean {
  return freed.some((one) => one.chain === chain && one.key === key);
}

/** A unit of a record. Its shape was checked when the record was read. */
export function unitOf(text: string): Unit {
  return text.split('/').map(BigInt);
}

/** The point of a record, for comparing it with a mark; `top` is that of the whole report. */
export function pointOfWord({ point, top }: ReportWord): LedgerPoint {
  const unit = point.unit === null ? null : unitOf(point.unit);
  return { ...point, seq: BigInt(point.seq), unit, top: top === null ? null : unitOf(top) };
}

/** The report for people and for the API. */
export function viewOf(recordKey: string, report: Report): RollbackReportView {
  const { service, node, incarnation, word, why, state, freed, released } = report;
  return {
    id: reportId(recordKey),
    service,
    node,
    incarnation,
    chain: word.chain,
    key: word.key,
    duty: word.duty,
    point: { ...word.point, top: word.top },
    why,
    state,
    freed: freed.map(({ chain, key }) => `${chain} ${key}`),
    released: released === null ? null : { how: released.how, by: released.by, reason: released.reason },
  };
}
