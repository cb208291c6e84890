import type { ObservationReport } from '../contract.ts';
import { u64Of } from '../ground/parse.ts';
import { FIELDS, type Field, mapFields, type ObservationRecord } from './record.ts';

/**
 * The observer's new report over its last one; a field that it leaves out keeps its value. Throws a
 * PermitFault for a field that is not a u64.
 */
export function merge(
  observer: string,
  before: ObservationRecord | undefined,
  report: ObservationReport,
): { readonly record: ObservationRecord; readonly said: readonly Field[] } {
  const said = FIELDS.filter((field) => report[field] !== undefined && report[field] !== null);
  const values = mapFields((field) =>
    said.includes(field) ? u64Of(field, report[field] ?? '') : (before?.observation[field] ?? null),
  );
  const receipts = mapFields((field) => {
    const last = before?.receipts[field] ?? null;
    return said.includes(field) ? (BigInt(last ?? 0) + 1n).toString() : last;
  });
  // A new set restarts the rounds: the round of the old set must not stand beside the new set id.
  const newSet = before !== undefined && values.setId !== before.observation.setId;
  const round = newSet && !said.includes('round') ? null : values.round;
  return { record: { observation: { observer, ...values, round }, receipts }, said };
}
