import type { z } from 'zod';
import { type Duty, hasUnitRecords, type Part } from './duties.ts';
import { encodeEntry, entryHash, type LedgerEntry } from './entry.ts';
import { belowFloor, type Mark, type RecentUnit } from './mark.ts';
import {
  ENTRY_VERSION,
  entryShape,
  headShape,
  MARK_VERSION,
  RecordError,
  read,
  unitShape,
} from './record.ts';
import { compareUnits, formatUnit, parseUnit, type Unit } from './units.ts';

/** The content of a head record; `recent` is null if the units have separate records. */
export interface MarkHead extends Omit<Mark, 'recent'> {
  readonly recent: readonly RecentUnit[] | null;
  readonly units: readonly Unit[];
}

/** The canonical text of a head record; its members stand in the order of their names. */
export function encodeHead(mark: Mark, duty: Duty): string {
  const apart = hasUnitRecords(duty);
  const members = [
    `"adoption":${JSON.stringify(mark.adoption)}`,
    `"epoch":${JSON.stringify(mark.epoch)}`,
    `"floor":${JSON.stringify(mark.floor === null ? null : formatUnit(mark.floor))}`,
    `"hash":${JSON.stringify(mark.lastHash)}`,
    `"last":${encodeEntry(mark.last)}`,
    `"leftovers":${apart ? JSON.stringify(mark.leftovers.map(formatUnit)) : 'null'}`,
    `"meaning":${JSON.stringify(mark.meaning)}`,
    `"recent":${apart ? 'null' : JSON.stringify(mark.recent.map(unitJson))}`,
    `"seq":"${mark.seq}"`,
    `"units":${apart ? JSON.stringify(mark.recent.map((entry) => formatUnit(entry.unit))) : 'null'}`,
    `"v":${MARK_VERSION}`,
  ];
  return `{${members.join(',')}}`;
}

/** The canonical text of a unit record. */
export function encodeUnit(entry: RecentUnit): string {
  return JSON.stringify(unitJson(entry));
}

/** In the order of the names, so that JSON.stringify writes the canonical text. */
function unitJson(entry: RecentUnit): Record<string, unknown> {
  const enters = entry.enters.map(({ nonce, incarnation }) => ({ incarnation, nonce }));
  return {
    enters,
    owner: { incarnation: entry.owner.incarnation, node: entry.owner.node },
    parts: entry.parts.map(({ part: name, digest, nonce }) => ({ digest, nonce, part: name })),
    term: entry.term === null ? null : entry.term.toString(),
    unit: formatUnit(entry.unit),
    v: MARK_VERSION,
  };
}

/**
 * Read a head record. Throws {@link RecordError} on anything but what {@link encodeHead}
 * writes.
 */
export function decodeHead(text: string, duty: Duty): MarkHead {
  const what = `the mark of ${duty.name}`;
  const head = read(what, text, { shape: headShape, version: MARK_VERSION });
  const last = lastOf(what, head, duty);
  const apart = hasUnitRecords(duty);
  if ((head.units === null) === apart || (head.recent !== null) === apart)
    throw new RecordError(what, apart ? 'its units belong in separate records' : 'its units belong inside');
  if ((head.leftovers === null) === apart)
    throw new RecordError(what, apart ? 'it lists no leftovers' : 'it has leftovers without unit records');
  const recent = head.recent?.map((entry) => unitOf(what, entry, duty)) ?? null;
  const units = recent?.map((entry) => entry.unit) ?? unitTexts(what, head.units, duty);
  const floor = head.floor === null ? null : unitText(what, head.floor, duty);
  checkOrder(what, floor, units);
  const leftovers = unitTexts(what, head.leftovers, duty);
  checkLeftovers(what, floor, leftovers);
  return {
    epoch: head.epoch,
    floor,
    seq: BigInt(head.seq),
    last,
    lastHash: head.hash,
    units,
    recent,
    meaning: head.meaning,
    adoption: head.adoption,
    leftovers,
  };
}

/** The last entry of a head, which must be the one that the head names. */
function lastOf(what: string, head: z.infer<typeof headShape>, duty: Duty): LedgerEntry {
  const last = entryOf(what, head.last, duty);
  if (entryHash(last) !== head.hash)
    throw new RecordError(what, 'its last entry does not have the hash it names');
  if (last.seq !== BigInt(head.seq))
    throw new RecordError(what, 'its last entry has another sequence number');
  if (last.duty !== duty.name || last.epoch !== head.epoch)
    throw new RecordError(what, 'its last entry is of another duty or epoch');
  return last;
}

function unitTexts(what: string, texts: readonly string[] | null, duty: Duty): readonly Unit[] {
  return (texts ?? []).map((text) => unitText(what, text, duty));
}

/** A unit that is listed for deletion while it still counts would be granted again. */
function checkLeftovers(what: string, floor: Unit | null, leftovers: readonly Unit[]): void {
  checkOrder(what, null, leftovers);
  const highest = leftovers.at(-1);
  if (highest !== undefined && !belowFloor(floor, highest))
    throw new RecordError(what, `it would delete unit ${formatUnit(highest)}, which is above the floor`);
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

/** Read a unit record. Throws {@link RecordError}. */
export function decodeUnit(text: string, duty: Duty): RecentUnit {
  const what = `a unit of ${duty.name}`;
  return unitOf(what, read(what, text, { shape: unitShape, version: MARK_VERSION }), duty);
}

/** Read a ledger entry from its canonical text. */
export function decodeEntry(text: string, duty: Duty): LedgerEntry {
  const what = `a ledger entry of ${duty.name}`;
  return entryOf(what, read(what, text, { shape: entryShape, version: ENTRY_VERSION }), duty);
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
  const { units: _listed, ...rest } = head;
  return { ...rest, recent };
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
    enters: shape.enters,
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
