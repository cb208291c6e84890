import { hash as digestOf } from 'node:crypto';
import type { Part } from './duties.ts';
import type { Owner } from './mark.ts';
import { ENTRY_VERSION } from './record.ts';
import { formatUnit, type Unit } from './units.ts';

/** One line of the ledger: the change of a mark by one transaction. Chained per mark by `prev`. */
export interface LedgerEntry {
  readonly kind: 'adopt' | 'grant';
  readonly ledger: string;
  readonly epoch: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly seq: bigint;
  /** Hash of the entry before, whatever its epoch, or 64 zeros if the mark had none. */
  readonly prev: string;
  /** The unit granted; for an adoption the floor, or null if the key never signed. */
  readonly unit: Unit | null;
  /** Parts taken by this entry, `enter` included. Empty for an adoption. */
  readonly parts: readonly Part[];
  readonly digest: string | null;
  /** Null for an adoption. */
  readonly owner: Owner | null;
  /** Watch term of an `enter`. */
  readonly term: bigint | null;
  readonly nonce: string;
  readonly service: string;
  readonly policyVersion: string;
  /** W in force when this was written, so that a reader can replay the window. */
  readonly window: number;
  /** Wall clock of the service in Unix milliseconds; evidence, never an argument. */
  readonly atMs: number;
  /** Free text of an operator (adoptions), or empty. */
  readonly note: string;
}

export const FIRST_PREV = '0'.repeat(64);

/** The canonical JSON value of an entry; its text is what the hash covers. */
function entryJson(entry: LedgerEntry): Record<string, unknown> {
  // Named one by one: an extra property from a claim would make the record unreadable for good. In the order
  // of their names, so that JSON.stringify writes the canonical text.
  return {
    atMs: entry.atMs,
    chain: entry.chain,
    digest: entry.digest,
    duty: entry.duty,
    epoch: entry.epoch,
    key: entry.key,
    kind: entry.kind,
    ledger: entry.ledger,
    nonce: entry.nonce,
    note: entry.note,
    owner: entry.owner === null ? null : { incarnation: entry.owner.incarnation, node: entry.owner.node },
    parts: entry.parts,
    policyVersion: entry.policyVersion,
    prev: entry.prev,
    seq: entry.seq.toString(),
    service: entry.service,
    term: entry.term === null ? null : entry.term.toString(),
    unit: entry.unit === null ? null : formatUnit(entry.unit),
    v: ENTRY_VERSION,
    window: entry.window,
  };
}

/** Entries are immutable, and one text serves its hash, its mark and the ledger. */
const texts = new WeakMap<LedgerEntry, string>();

/** The canonical text of an entry. Throws a RangeError if one of its numbers is not a safe integer. */
export function encodeEntry(entry: LedgerEntry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  if (!Number.isSafeInteger(entry.atMs) || !Number.isSafeInteger(entry.window)) {
    throw new RangeError('only safe integers have a canonical text');
  }
  const text = JSON.stringify(entryJson(entry));
  texts.set(entry, text);
  return text;
}

/** SHA-256 over the canonical text, as 64 hex digits. */
export function entryHash(entry: LedgerEntry): string {
  return digestOf('sha256', encodeEntry(entry));
}
