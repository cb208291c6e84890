import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { Part } from './duties.ts';
import type { Owner } from './mark.ts';
import { formatUnit, type Unit } from './units.ts';

/** One line of the ledger: what a transaction wrote into a mark. Chained per mark by `prev`. */
export interface LedgerEntry {
  readonly kind: 'adopt' | 'grant';
  readonly ledger: string;
  readonly epoch: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly seq: bigint;
  /** Hash of the entry before, whatever its epoch, or 64 zeros where the mark had none. */
  readonly prev: string;
  /** The unit granted; for an adoption the floor, or null where nothing was ever signed. */
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
const ENTRY_VERSION = 1;

/** The canonical JSON value of an entry; its text is what the hash covers. */
export function entryJson(entry: LedgerEntry): Record<string, unknown> {
  // Named one by one: a property that came along with a claim would make the record unreadable for good.
  const { kind, ledger, epoch, chain, key, duty, prev, parts, digest, nonce, service } = entry;
  const { policyVersion, window, atMs, note } = entry;
  return {
    ...{ v: ENTRY_VERSION, kind, ledger, epoch, chain, key, duty, prev, parts, digest, nonce, service },
    ...{ policyVersion, window, atMs, note },
    owner: entry.owner === null ? null : { node: entry.owner.node, incarnation: entry.owner.incarnation },
    seq: entry.seq.toString(),
    unit: entry.unit === null ? null : formatUnit(entry.unit),
    term: entry.term === null ? null : entry.term.toString(),
  };
}

/** SHA-256 over the canonical text, as 64 hex digits. */
export function entryHash(entry: LedgerEntry): string {
  return createHash('sha256')
    .update(canonicalJson(entryJson(entry)))
    .digest('hex');
}
