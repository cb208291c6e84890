import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import { PARTS } from './duties.ts';

/**
 * Canonical, versioned text of the records that hold a mark.
 *
 * A duty that remembers one unit keeps it inside the head record. A duty with a longer window keeps each unit
 * in a separate record and lists the units in the head, so that a grant writes one unit and not the whole
 * window. The head changes with every grant (its `seq` rises), so comparing the head's value compares the
 * whole mark.
 */
export const MARK_VERSION = 2;
export const ENTRY_VERSION = 1;

/** A record that cannot be read: another version, another shape, or not the canonical text. */
export class RecordError extends Error {
  readonly code = 'record-unreadable';
  readonly remedy =
    'Run the release that wrote it. If this one did, the record is damaged: keep the store unchanged, restore a copy of it, however old, and run `watchbill recover`.';

  constructor(what: string, why: string) {
    super(`${what} cannot be read: ${why}`);
    this.name = 'RecordError';
  }
}

const part = z.enum(PARTS);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
const owner = z.strictObject({ node: z.string(), incarnation: z.string() });
const enter = z.strictObject({ nonce: z.string(), incarnation: z.string() });
export const unitShape = z.strictObject({
  v: z.literal(MARK_VERSION),
  unit: z.string(),
  owner,
  term: decimal.nullable(),
  parts: z.array(z.strictObject({ part, digest: hex.nullable(), nonce: z.string() })),
  enters: z.array(enter),
});
export const entryShape = z.strictObject({
  v: z.literal(ENTRY_VERSION),
  kind: z.enum(['adopt', 'grant']),
  ledger: z.string(),
  epoch: z.string(),
  chain: z.string(),
  key: z.string(),
  duty: z.string(),
  seq: decimal,
  prev: hash.describe('Hash of the entry before it, or 64 zeros.'),
  unit: z.string().nullable().describe('Of an adoption the floor, or null if the key never signed.'),
  parts: z.array(part),
  digest: hex.nullable().describe('Digest of the payload, without 0x.'),
  owner: owner.nullable(),
  term: decimal.nullable(),
  nonce: z.string(),
  service: z.string(),
  policyVersion: z.string(),
  window: z.int().min(1),
  atMs: z.int(),
  note: z.string(),
});
export const headShape = z.strictObject({
  v: z.literal(MARK_VERSION),
  epoch: z.string(),
  floor: z.string().nullable(),
  seq: decimal,
  last: entryShape,
  hash,
  units: z.array(z.string()).nullable(),
  recent: z.array(unitShape).nullable(),
  meaning: z.string(),
  adoption: hash,
  leftovers: z.array(z.string()).nullable(),
});

/** The shape of a record, and its one version. */
interface Expected<Shape> {
  readonly shape: z.ZodType<Shape>;
  readonly version: number;
}

/** Why a record or file of another version is refused, and the remedy: before 1.0 no release reads two. */
export function otherVersion(
  found: unknown,
  version: number,
): { readonly why: string; readonly remedy: string } {
  return {
    why: `it has version ${String(found)}, this release reads version ${version}`,
    remedy:
      'Run the release that wrote it, or begin a new ledger (`watchbill serve --new-ledger` on empty folders) and import the floors of an export into it (`watchbill ledger import`).',
  };
}

/** Throws {@link RecordError} unless the record says that it has this version. */
export function checkVersion(what: string, value: unknown, version: number): void {
  const found = (value as { v?: unknown } | null)?.v;
  if (found === version) return;
  const { why, remedy } = otherVersion(found, version);
  throw new RecordError(what, `${why}. ${remedy}`);
}

/** The JSON value of a record. Throws a RecordError that names the record. */
export function parseRecord(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordError(what, 'it is not JSON');
  }
}

/** The value in its shape. Throws a RecordError that names the record and the first member that is wrong. */
export function shapeRecord<Shape>(what: string, value: unknown, shape: z.ZodType<Shape>): Shape {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RecordError(what, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}`);
}

/** The record in its shape. Throws a RecordError for another version, with what to do, or another shape. */
export function versionedRecord<Shape>(
  what: string,
  text: string,
  shape: z.ZodType<Shape>,
  version: number,
): Shape {
  const value = parseRecord(what, text);
  checkVersion(what, value, version);
  return shapeRecord(what, value, shape);
}

/** As {@link versionedRecord}; the text must be the canonical one too. */
export function read<Shape>(what: string, text: string, { shape, version }: Expected<Shape>): Shape {
  const record = versionedRecord(what, text, shape, version);
  if (canonicalJson(record) !== text) throw new RecordError(what, 'its text is not canonical');
  return record;
}
