import type { RoundRecord } from '../../rounds/record.ts';
import { decodeRecord } from '../../rounds/replay.ts';

/** The record of a stored round, or the reason why it cannot be read. */
export function readRoundRecord(text: string): {
  readonly record: RoundRecord | null;
  readonly problem: string;
} {
  const read = decodeRecord(text);
  if (read.ok) return { record: read.record, problem: '' };
  const [first] = read.problems;
  return { record: null, problem: `${first?.path}: ${first?.message}` };
}
