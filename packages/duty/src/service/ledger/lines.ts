import type { DeepReadonly } from '@watchbill/kit';
import { z } from 'zod';
import {
  canonicalJson,
  changeLink,
  entryShape,
  formatUnit,
  PARTS,
  type Unit,
  unitOfText,
} from '../../rule/index.ts';

/** Name and version of the format of an export, in its first line. */
export const EXPORT_FORMAT = 'watchbill-ledger-export';
export const EXPORT_VERSION = 1;

/** No line of an export is longer; a mark of the widest window fits many times. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** The kinds of lines between the first and the last, in their order. */
export const LINE_KINDS = ['head', 'entry', 'decision', 'word', 'change', 'mark'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

const part = z.enum(PARTS);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** A sequence number: it fits the ledger's column of 63 bits. */
const seq = z
  .string()
  // Without `abort` the next check gets a text that is no number.
  .regex(/^(0|[1-9][0-9]{0,18})$/, { abort: true })
  .refine((text) => BigInt(text) < 1n << 63n, 'a sequence number is below 2^63');
const digest = z
  .string()
  .regex(/^0x([0-9a-f]{2})+$/)
  .nullable();
const name = z.string().min(1).max(512);
const time = z.int().describe('Unix milliseconds by the clock of the service. Evidence, never an argument.');
const place = {
  chain: name.describe('Identity of the chain: its genesis hash, 0x and 64 lower-case hex digits.'),
  key: name.describe('Public session key: 0x and lower-case hex digits.'),
  duty: name.describe('Name of a duty.'),
};
const point = {
  epoch: name.describe('The life of the store in which it was written.'),
  seq: seq.describe('Number of the last entry of the mark.'),
  hash: hash.describe('SHA-256 of the text of that entry.'),
};
const unit = z.string().describe('Decimal fields, joined by `/`.');

const shapes = {
  header: z.strictObject({
    kind: z.literal('header'),
    format: z.literal(EXPORT_FORMAT),
    v: z.literal(EXPORT_VERSION),
    ledger: name.describe('Identity of the ledger; exports of two ledgers are never read together.'),
    service: name.describe('The service whose memory this is.'),
    epoch: name.nullable(),
    atMs: time,
    kinds: z.array(z.enum(LINE_KINDS)),
    hasMarks: z.boolean().describe('Whether the changes and the marks of the store follow.'),
  }),
  head: z.strictObject({ kind: z.literal('head'), ...place, ...point }),
  decision: z.strictObject({
    kind: z.literal('decision'),
    ...place,
    id: z.int().min(0),
    atMs: time,
    reason: z.string(),
    unit,
    parts: z.array(part),
    digest,
    node: z.string(),
    incarnation: z.string(),
    claimId: z.string(),
    seq: seq.nullable(),
    via: z.string(),
  }),
  word: z.strictObject({
    kind: z.literal('word'),
    id: name,
    text: z.string().describe('The report, as JSON. Its `top` is a unit that was signed.'),
    release: z
      .strictObject({ how: z.string(), by: z.string(), reason: z.string(), atMs: z.int() })
      .nullable(),
  }),
  change: z.strictObject({ kind: z.literal('change'), ...changeLink.shape }),
  mark: z.strictObject({
    kind: z.literal('mark'),
    ...place,
    head: z.strictObject(point),
    floor: unit.nullable().describe('Units at or below it count as signed. Null: adopted as never signed.'),
    recent: z.array(
      z.strictObject({
        unit,
        node: z.string(),
        incarnation: z.string(),
        parts: z.array(z.strictObject({ part, digest })),
      }),
    ),
  }),
  end: z.strictObject({
    kind: z.literal('end'),
    counts: z.record(z.enum(LINE_KINDS), z.int().min(0)),
    sha256: hash,
  }),
};

/** One line of an export, for its JSON Schema. */
export const lineShape = z.discriminatedUnion('kind', [
  shapes.header,
  shapes.head,
  z.strictObject({ kind: z.literal('entry'), entry: entryShape, hash }),
  shapes.decision,
  shapes.word,
  shapes.change,
  shapes.mark,
  shapes.end,
]);

type LineOf<Kind extends keyof typeof shapes> = DeepReadonly<z.infer<(typeof shapes)[Kind]>>;

export type HeaderLine = LineOf<'header'>;
export type HeadLine = LineOf<'head'>;
export type DecisionLine = LineOf<'decision'>;
export type WordLine = LineOf<'word'>;
export type ChangeLine = LineOf<'change'>;
export type MarkLine = LineOf<'mark'>;
export type EndLine = LineOf<'end'>;
/** A ledger entry as it is on the disk of the service: its canonical text, and the hash kept beside it. */
export interface EntryLine {
  readonly kind: 'entry';
  readonly body: string;
  readonly hash: string;
}
export type Line = EntryLine | LineOf<keyof typeof shapes>;

/** The text of a line, without its end. Throws a RangeError on a number that has no canonical text. */
export function encodeLine(line: Line): string {
  if (line.kind === 'entry') return `{"entry":${line.body},"hash":"${line.hash}","kind":"entry"}`;
  return canonicalJson(line);
}

export type LineRead =
  | { readonly ok: true; readonly line: Line }
  | { readonly ok: false; readonly why: string };

const ENTRY = /^\{"entry":(\{.*\}),"hash":"([0-9a-f]{64})","kind":"entry"\}$/;

/** Read one line. Anything but the text that {@link encodeLine} writes is refused with the reason. */
export function decodeLine(text: string): LineRead {
  const entry = ENTRY.exec(text);
  if (entry !== null)
    return { ok: true, line: { kind: 'entry', body: entry[1] ?? '', hash: entry[2] ?? '' } };
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (canonicalJson(value) !== text) return { ok: false, why: 'its text is not canonical' };
  } catch (error) {
    return { ok: false, why: error instanceof RangeError ? error.message : 'it is not JSON' };
  }
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind))
    return { ok: false, why: 'its kind is unknown to this release' };
  const version = (value as { v?: unknown }).v;
  if (kind === 'header' && version !== EXPORT_VERSION)
    return { ok: false, why: `the export has version ${version}; this release reads ${EXPORT_VERSION}` };
  const parsed = shapes[kind as keyof typeof shapes].safeParse(value);
  if (parsed.success) return { ok: true, line: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, why: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}` };
}

export interface Place {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
}

/** The name of a mark in ledgers: `chain/key/duty`. */
export function markName({ chain, key, duty }: Place): string {
  return `${chain}/${key}/${duty}`;
}

/** The parts of a mark's name; null for any other text. */
export function placeOf(mark: string): Place | null {
  const [chain, key, duty, ...more] = mark.split('/');
  if (!chain || !key || !duty || more.length > 0) return null;
  return { chain, key, duty };
}

/**
 * A unit as text whose alphabetical order is the order of units: each field padded to 20 digits. The proof
 * compares millions of units, and SQLite compares them as well.
 */
export function padded(unit: Unit): string {
  return unit.map((field) => field.toString().padStart(20, '0')).join('/');
}

/** The canonical text of a unit that {@link padded} made. */
export function unpadded(text: string): string {
  return formatUnit(unitOfText(text));
}
