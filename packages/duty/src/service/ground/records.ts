import { hash as digestOf } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, changeShape, type Policy, RecordError, versionedRecord } from '../../rule/index.ts';
import type { Compare } from '../../store/index.ts';

/** Canonical, versioned text of records; observations, rollback reports and marks have separate files. */
const VERSION = 1;
const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);

const shapes = {
  ledger: z.strictObject({ v: z.literal(VERSION), id: z.string(), createdMs: z.int() }),
  /** Of a ledger; a recovery changes it. */
  epoch: z.strictObject({ v: z.literal(2), epoch: z.string() }),
  /** Of a service while it lives. Each renewal raises the counter. */
  session: z.strictObject({ v: z.literal(2), session: z.string(), counter: decimal }),
  peerSecret: z.strictObject({ v: z.literal(VERSION), secret: z.string() }),
  pointer: z.strictObject({ v: z.literal(VERSION), versionId: z.string(), version: z.int() }),
  change: changeShape,
  service: z.strictObject({
    v: z.literal(VERSION),
    name: z.string(),
    url: z.string().nullable(),
    state: z.enum(['joining', 'serving', 'removed']),
    vouchedBy: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  recovery: z.strictObject({
    v: z.literal(VERSION),
    /** Id of the plan, and the assertion of the operator. */
    plan: z.string(),
    confirmation: z.string(),
    /** The epoch that this recovery began, and those that it ended. */
    epoch: z.string(),
    voided: z.array(z.string()),
    atMs: z.int(),
    /** Keys that are still to be adopted. */
    open: z.array(z.strictObject({ chain: z.string(), key: z.string() })),
    /** Unix milliseconds; null while services have to wait. */
    doneMs: z.int().nullable(),
  }),
  watch: z.strictObject({
    v: z.literal(VERSION),
    holder: z.string().nullable(),
    term: decimal,
    relief: z.string().nullable(),
  }),
  presence: z.strictObject({ v: z.literal(VERSION), lease: z.string() }),
  /** `lease`: of the store; the record vanishes with it. `key`: the key of the gate that the node named. */
  keyLease: z.strictObject({
    ...{ v: z.literal(VERSION), id: z.string(), node: z.string(), lease: z.string() },
    ...{ key: z.string(), sinceMs: z.int() },
  }),
  set: z.strictObject({ v: z.literal(VERSION), set: decimal }),
  token: z.strictObject({
    v: z.literal(VERSION),
    role: z.enum(['node', 'observer', 'operator', 'reader']),
    name: z.string(),
    original: z.strictObject({ chain: z.string(), key: z.string() }).nullable(),
    createdMs: z.int(),
    by: z.string(),
    /** Number of the change that made it. */
    made: z.int(),
    revoked: z.boolean(),
  }),
} as const;

type Shapes = typeof shapes;
export type RecordKind = keyof Shapes;
export type RecordOf<Kind extends RecordKind> = Omit<z.infer<Shapes[Kind]>, 'v'>;
export type ServiceRecord = RecordOf<'service'>;
export type RecoveryRecord = RecordOf<'recovery'>;
export type WatchRecord = RecordOf<'watch'>;

/** The record of a watch, with the text that a transaction compares. */
export interface HeldWatch {
  readonly record: WatchRecord;
  /** Null if there is no record yet. */
  readonly text: string | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function toBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** That the record has this text; null: that it is not there. */
export function compareOf(key: string, text: string | null): Compare {
  return { key, value: text === null ? null : toBytes(text) };
}

/** Pointers, epochs and session records: few texts, of which each grant compares three. */
const keptBytes = new Map<string, Uint8Array>();
const MAX_KEPT = 4_096;

/** The bytes of a text that many grants compare, encoded once. Callers read them and never change them. */
export function toSharedBytes(text: string): Uint8Array {
  const known = keptBytes.get(text);
  if (known !== undefined) return known;
  if (keptBytes.size >= MAX_KEPT) keptBytes.clear();
  const bytes = toBytes(text);
  keptBytes.set(text, bytes);
  return bytes;
}

/** The text of the record with this key. Throws a RecordError for bytes that are not UTF-8. */
export function toText(bytes: Uint8Array, key: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RecordError(`the record ${key}`, 'its bytes are not UTF-8');
  }
}

export function encodeRecord<Kind extends RecordKind>(kind: Kind, value: RecordOf<Kind>): string {
  return canonicalJson({ v: shapes[kind].shape.v.value, ...value });
}

/**
 * Read a record. Throws a RecordError that names the record for another version, shape or a text that is not
 * canonical.
 */
export function decodeRecord<Kind extends RecordKind>(kind: Kind, text: string): RecordOf<Kind> {
  const version = shapes[kind].shape.v.value;
  const parsed = versionedRecord<unknown>(`the ${kind} record`, text, shapes[kind], version);
  const { v: _version, ...rest } = parsed as z.infer<Shapes[Kind]> & { v: number };
  return rest as unknown as RecordOf<Kind>;
}

/** The policy of a change. Throws a RecordError if the text does not have the hash that the pointer names. */
export function decodePolicy(text: string, versionId: string): Policy {
  const change = digestOf('sha256', text) === versionId ? decodeRecord('change', text) : null;
  if (change?.policy == null) throw new RecordError(`policy version ${versionId}`, 'its text was changed');
  return { ...change.policy, versionId, version: change.version } as unknown as Policy;
}
