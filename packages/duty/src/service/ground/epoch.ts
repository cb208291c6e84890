import { z } from 'zod';
import { canonicalJson, versionedRecord } from '../../rule/index.ts';

const VERSION = 2;
const shape = z.strictObject({ v: z.literal(VERSION), epoch: z.string() });

/** The epoch of a ledger, which a recovery changes, for example `{"epoch":"09aa…","v":2}`. */
export function encodeEpoch(epoch: string): string {
  return canonicalJson({ v: VERSION, epoch });
}

/** Throws a RecordError for another version: that ledger belongs to another release. */
export function decodeEpoch(text: string): string {
  return versionedRecord('the epoch record', text, shape, VERSION).epoch;
}
