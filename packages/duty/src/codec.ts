import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import type { Duty, Part } from './duties.ts';
import { entryHash, entryText, type LedgerEntry } from './entry.ts';
import type { Mark, RecentUnit } from './mark.ts';
import { compareUnits, formatUnit, parseUnit, type Unit } from './units.ts';

/**
 * Canonical, versioned text of the records that hold a mark.
 *
 * A duty that remembers one unit keeps it inside the head record. A duty with a longer window keeps each unit in
 * a record of its own and lists the units in the head, so that a grant writes one unit and not the whole window.
 * The head changes with every grant (its `seq` rises), so comparing the head's value compares the whole mark.
 */
export const MARK_VERSION = 1;

/** A record that cannot be read: another version, another shape, or not the canonical text. */
export class RecordError extends Error {
  readonly code = 'record-unreadable';
  constructor(what: string, why: string) {
    super(`${what} cannot be read: ${why}`);
    this.name = 'RecordError';
  }
}

const part = z.enum(['enter', 'seal', 'propose', 'prevote', 'precommit', 'vote', 'heartbeat']);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
const owner = z.strictObject({ node: z.string(), incarnation: z.string() });
const unitShape = z.strictObject({
  v: z.literal(MARK_VERSION),
  unit: z.string(),
  owner,
  term: decimal.nullable(),
  parts: z.array(z.strictObject({ part, digest: hex.nullable(), nonce: z.string() })),
  enterNonce: z.string().nullable(),
});
const entryShape = z.strictObject({
  v: z.literal(1),
  kind: z.enum(['adopt', 'grant']),
  ledger: z.string(),
  epoch: z.string(),
  chain: z.string(),
  key: z.string(),
  duty: z.string(),
  seq: decimal,
  prev: hash,
  unit: z.string().nullable(),
  parts: z.array(part),
  digest: hex.nullable(),
  owner: owner.nullable(),
  term: decimal.nullable(),
  nonce: z.string(),
  service: z.string(),
  policyVersion: z.string(),
  window: z.int().min(1),
  atMs: z.int(),
  note: z.string(),
});
const headShape = z.strictObject({
  v: z.literal(MARK_VERSION),
  epoch: z.string(),
  floor: z.string().nullable(),
  seq: decimal,
  last: entryShape,
  hash,
  units: z.array(z.string()).nullable(),
  recent: z.array(unitShape).nullable(),
});

/** What the head record says; `recent` is null where the units have records of their own. */
export interface MarkHead extends Omit<Mark, 'recent'> {
  readonly recent: readonly RecentUnit[] | null;
  readonly units: readonly Unit[];
}

/** True where each unit of the duty has a record of its own. */
export function hasUnitRecords(duty: Duty): boolean {
  return duty.window > 1;
}

/** The canonical text of a head record; its members stand in the order of their names. */
export function encodeHead(mark: Mark, duty: Duty): string {
  const apart = hasUnitRecords(duty);
  const members = [
    `"epoch":${JSON.stringify(mark.epoch)}`,
    `"floor":${JSON.stringify(mark.floor === null ? null : formatUnit(mark.floor))}`,
    `"hash":${JSON.stringify(mark.lastHash)}`,
    `"last":${entryText(mark.last)}`,
    `"recent":${apart ? 'null' : JSON.stringify(mark.recent.map(unitJson))}`,
    `"seq":"${mark.seq}"`,
    `"units":${apart ? JSON.stringify(mark.recent.map((entry) => formatUnit(entry.unit))) : 'null'}`,
    `"v":${MARK_VERSION}`,
  ];
  return `{${members.join(',')}}`;
}

export function encodeUnit(entry: RecentUnit): string {
  return JSON.stringify(unitJson(entry));
}

/** In the order of the names, so that JSON.stringify writes the canonical text. */
function unitJson(entry: RecentUnit): Record<string, unknown> {
  return {
    enterNonce: entry.enterNonce,
    owner: { incarnation: entry.owner.incarnation, node: entry.owner.node },
    parts: entry.parts.map(({ part: name, digest, nonce }) => ({ digest, nonce, part: name })),
    term: entry.term === null ? null : entry.term.toString(),
    unit: formatUnit(entry.unit),
    v: MARK_VERSION,
  };
}

/** Read a head record. Throws {@link RecordError} on anything but what {@link encodeHead} writes. */
export function decodeHead(text: string, duty: Duty): MarkHead {
  const what = `the mark of ${duty.name}`;
  const head = read(what, text, headShape);
  const last = entryOf(what, head.last, duty);
  if (entryHash(last) !== head.hash)
    throw new RecordError(what, 'its last entry does not have the hash it names');
  if (last.seq !== BigInt(head.seq))
    throw new RecordError(what, 'its last entry has another sequence number');
  if (last.duty !== duty.name || last.epoch !== head.epoch)
    throw new RecordError(what, 'its last entry is of another duty or epoch');
  const apart = hasUnitRecords(duty);
  if ((head.units === null) === apart || (head.recent === null) !== apart)
    throw new RecordError(
      what,
      apart ? 'its units belong in records of their own' : 'its units belong inside',
    );
  const recent = head.recent?.map((entry) => unitOf(what, entry, duty)) ?? null;
  const units =
    recent?.map((entry) => entry.unit) ?? (head.units ?? []).map((unit) => unitText(what, unit, duty));
  const floor = head.floor === null ? null : unitText(what, head.floor, duty);
  checkOrder(what, floor, units);
  return {
    epoch: head.epoch,
    floor,
    seq: BigInt(head.seq),
    last,
    lastHash: head.hash,
    units,
    recent,
  };
}

/** The rule reads the highest unit from the end and the floor from below: neither may be out of order. */
function checkOrder(what: string, floor: Unit | null, units: readonly Unit[]): void {
  let below = floor;
  for (const unit of units) {
    if (below !== null && compareUnits(unit, below) <= 0)
      throw new RecordError(what, `unit ${formatUnit(unit)} does not lie above ${formatUnit(below)}`);
    below = unit;
  }
}

export function decodeUnit(text: string, duty: Duty): RecentUnit {
  const what = `a unit of ${duty.name}`;
  return unitOf(what, read(what, text, unitShape), duty);
}

/** Read a ledger entry from its canonical text. */
export function decodeEntry(text: string, duty: Duty): LedgerEntry {
  const what = `a ledger entry of ${duty.name}`;
  return entryOf(what, read(what, text, entryShape), duty);
}

/** The canonical text of a ledger entry. */
export function encodeEntry(entry: LedgerEntry): string {
  return entryText(entry);
}

/** Put a head and its unit records together. Throws when they do not belong to one state. */
export function assembleMark(head: MarkHead, records: readonly RecentUnit[], duty: Duty): Mark {
  const recent = head.recent ?? records;
  const listed = head.units.map(formatUnit).join(' ');
  if (recent.map((entry) => formatUnit(entry.unit)).join(' ') !== listed) {
    throw new RecordError(
      `the mark of ${duty.name}`,
      'its unit records are not the ones that its head lists',
    );
  }
  const { epoch, floor, seq, last, lastHash } = head;
  return { epoch, floor, recent, seq, last, lastHash };
}

function read<Shape>(what: string, text: string, shape: z.ZodType<Shape>): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RecordError(what, 'it is not JSON');
  }
  const version = (value as { v?: unknown } | null)?.v;
  if (version !== MARK_VERSION) {
    throw new RecordError(
      what,
      `it has version ${String(version)}, this release reads version ${MARK_VERSION}`,
    );
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RecordError(what, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}`);
  }
  if (canonicalJson(value) !== text) throw new RecordError(what, 'its text is not canonical');
  return parsed.data;
}

function unitText(what: string, text: string, duty: Duty): Unit {
  const parsed = parseUnit(duty.fields, text);
  if (!parsed.ok) throw new RecordError(what, `unit ${text}: ${parsed.why}`);
  return parsed.unit;
}

function unitOf(what: string, shape: z.infer<typeof unitShape>, duty: Duty): RecentUnit {
  if (new Set(shape.parts.map((grant) => grant.part)).size !== shape.parts.length)
    throw new RecordError(what, 'a part is granted twice');
  return {
    unit: unitText(what, shape.unit, duty),
    owner: shape.owner,
    term: shape.term === null ? null : BigInt(shape.term),
    parts: shape.parts as readonly { part: Part; digest: string | null; nonce: string }[],
    enterNonce: shape.enterNonce,
  };
}

function entryOf(what: string, shape: z.infer<typeof entryShape>, duty: Duty): LedgerEntry {
  const { v: _version, ...rest } = shape;
  return {
    ...rest,
    seq: BigInt(shape.seq),
    unit: shape.unit === null ? null : unitText(what, shape.unit, duty),
    term: shape.term === null ? null : BigInt(shape.term),
  };
}
