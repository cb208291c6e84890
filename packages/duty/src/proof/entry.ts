import { hash as digestOf } from 'node:crypto';
import { messageOf } from '@watchbill/kit';
import { type Duty, decodeEntry, dutyNamed, type LedgerEntry, parseUnit, type Unit } from '../rule/index.ts';
import { type EntryLine, markName, padded } from '../service/ledger/lines.ts';
import type { Step } from './lineage.ts';

/** Makes the fault of a text that cannot be used. */
export type Refuse = (why: string) => Error;

/** An entry as every reader of exports and ledger files gets it. */
export interface EntryRead {
  /** `chain/key/duty`. */
  readonly mark: string;
  readonly entry: LedgerEntry;
  /** The text does not have the hash that was kept beside it. */
  readonly isAltered: boolean;
}

/** The duty stands in the text of the entry itself; the strict reading that follows needs it. */
const DUTY = /"duty":"([a-z][a-z0-9-]{0,31})"/;

/** Reads the one text that an entry can have; any other is refused. */
export function readEntry({ body, hash }: Pick<EntryLine, 'body' | 'hash'>, refuse: Refuse): EntryRead {
  const duty = dutyOf(DUTY.exec(body)?.[1] ?? '', refuse);
  try {
    const entry = decodeEntry(body, duty);
    return { mark: markName(entry), entry, isAltered: digestOf('sha256', body) !== hash };
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

/** An entry as a walk follows it. */
export function stepOf({ seq, prev, kind, unit, window }: LedgerEntry, hash: string): Step {
  return { seq, hash, prev, kind, unit: unit === null ? null : padded(unit), window };
}

export function dutyOf(name: string, refuse: Refuse): Duty {
  const found = dutyNamed(name);
  if (found === null) throw refuse(`this release does not know the duty ${name}`);
  return found;
}

export function unitOf(duty: Duty, text: string, refuse: Refuse): Unit {
  const parsed = parseUnit(duty.fields, text);
  if (!parsed.ok) throw refuse(`${text} is not a unit of ${duty.name}`);
  return parsed.unit;
}
