import { hash as digestOf } from 'node:crypto';
import {
  entryShape,
  highestUnit,
  type LedgerEntry,
  type LedgerPoint,
  type Unit,
  unitOfText,
} from '../../rule/index.ts';
import { DamagedEntry } from './faults.ts';
import type { GrantLine } from './port.ts';

/** The grant of an entry, without its body. */
export type EntryFields = Pick<LedgerPoint, 'epoch' | 'seq' | 'hash'> &
  Pick<LedgerEntry, 'unit' | 'parts' | 'digest' | 'nonce' | 'service'>;

/** The fields of an entry that is in memory. */
export function fieldsOf(entry: LedgerEntry, hash: string): EntryFields {
  const { epoch, seq, unit, parts, digest, nonce, service } = entry;
  return { epoch, seq, hash, unit, parts, digest, nonce, service };
}

const FIELDS = {
  epoch: true,
  seq: true,
  unit: true,
  parts: true,
  digest: true,
  nonce: true,
  service: true,
} as const;
const bodyShape = entryShape.pick(FIELDS).strip();

/**
 * The fields of an entry as it stands on disk. Throws {@link DamagedEntry} if the body is not the one that
 * was hashed.
 */
export function fieldsOfBody(body: string, hash: string): EntryFields {
  if (digestOf('sha256', body) !== hash) throw new DamagedEntry(`an entry no longer has its hash ${hash}`);
  const parsed = bodyShape.safeParse(JSON.parse(body));
  if (!parsed.success)
    throw new DamagedEntry(`entry ${hash} lacks ${parsed.error.issues[0]?.path.join('.')}`);
  const { seq, unit, ...rest } = parsed.data;
  return { ...rest, hash, seq: BigInt(seq), unit: unitOfText(unit) };
}

/** An entry as a point. `part` is its first part, null for an adoption. */
export function pointOfFields(fields: EntryFields, top: Unit | null): LedgerPoint {
  const { epoch, seq, hash, unit, parts, nonce } = fields;
  return { epoch, seq, hash, unit, part: parts[0] ?? null, nonce, top };
}

/**
 * The highest of two points of one mark, as this service may know it.
 *
 * Within an epoch the higher seq wins. Epochs are random, so they have no order, and seq cannot order
 * them either: a recovery may go on from a store that had lost entries. The epoch that this service met
 * last counts: an entry of an epoch that this mark never had voids the older memory (claim protocol
 * section 6), and a late entry of an epoch that was left behind is evidence only. Of two entries with one
 * seq the first stays, so that a violation never replaces what was known before it.
 */
function higherPoint(current: LedgerPoint | null, candidate: LedgerPoint, epochKnown: boolean): LedgerPoint {
  if (current === null) return candidate;
  if (current.epoch === candidate.epoch) return candidate.seq > current.seq ? candidate : current;
  return epochKnown ? current : candidate;
}

/**
 * The point of a mark after one more entry: {@link higherPoint} picks the head, and `top` rises with every
 * entry of the head's epoch, also with one below the head. Returns `current` itself if nothing changes.
 *
 * @param epochKnown true if the ledger already holds an entry of this epoch for the mark
 */
export function advance(current: LedgerPoint | null, entry: EntryFields, epochKnown: boolean): LedgerPoint {
  const head = higherPoint(current, pointOfFields(entry, entry.unit), epochKnown);
  if (current === null || current.epoch !== entry.epoch) return head;
  const top = highestUnit(current.top, entry.unit);
  return head === current && top === current.top ? current : { ...head, top };
}

/** One line per part of each entry, in the order of the entries. */
export function linesOf(
  entries: readonly Pick<EntryFields, 'parts' | 'digest' | 'nonce' | 'service'>[],
): readonly GrantLine[] {
  return entries.flatMap(({ parts, digest, nonce, service }) =>
    // An entry may enter a unit and grant a part at once; its digest is that of the part.
    parts.map((part) => ({ part, digest: part === 'enter' ? null : digest, nonce, service })),
  );
}
