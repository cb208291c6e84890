import { canonicalJson, RecordError } from '@watchbill/duty';
import { z } from 'zod';
import { parseRecord } from './record-text.ts';

/** The version of the records in the store: 1 is the last release, 2 is this one. */
export type Format = 1 | 2;

/** The epoch of a ledger, changed by a recovery, and the format of its records. */
export interface EpochRecord {
  readonly epoch: string;
  readonly format: Format;
}

const shape = z.strictObject({ v: z.union([z.literal(1), z.literal(2)]), epoch: z.string() });

/**
 * For example `{"epoch":"09aa…","v":2}`. The version is the format of the whole ledger: services of the last
 * release compare this text with every grant, so they grant nothing once it says 2.
 */
export function encodeEpoch({ epoch, format }: EpochRecord): string {
  return canonicalJson({ v: format, epoch });
}

/** Throws a RecordError for a later format: that ledger belongs to a newer release. */
export function decodeEpoch(text: string): EpochRecord {
  const what = 'the epoch record';
  const value = parseRecord(what, text);
  const parsed = shape.safeParse(value);
  if (parsed.success) return { epoch: parsed.data.epoch, format: parsed.data.v };
  const version = String((value as { v?: unknown } | null)?.v);
  throw new RecordError(
    what,
    `it has format ${version}, this release reads formats 1 and 2; run the newer release`,
  );
}

/** The epoch as a running service knows it. It changes once, when the ledger is raised to format 2. */
export interface EpochHolder {
  /** Id of the epoch. */
  readonly epoch: string;
  /** Text of the record, which every grant compares. */
  readonly epochText: string;
  readonly format: Format;
  /**
   * Takes over the same epoch in a higher format. False if there is no record or a different one: then it is
   * another store.
   */
  follow(text: string | null): boolean;
}

export function holdEpoch(text: string): EpochHolder {
  let record = decodeEpoch(text);
  let current = text;
  return {
    epoch: record.epoch,
    get epochText() {
      return current;
    },
    get format() {
      return record.format;
    },
    follow(found) {
      if (found === current) return true;
      if (found === null) return false;
      const next = decodeEpoch(found);
      if (next.epoch !== record.epoch || next.format < record.format) return false;
      record = next;
      current = found;
      return true;
    },
  };
}
