import { compareUnits, dutyNamed, formatUnit, RecordError, type Unit, unitOfText } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { toBytes } from '../ground/records.ts';
import { type Entry, isHolding } from './book.ts';
import { encodeReport, joined, type Report, readReport, reportId, wasAdopted } from './report.ts';

/** An adoption of one key, before its transaction. */
export interface Adoption {
  readonly chain: string;
  readonly key: string;
  /** Floor by duty name; null means that the key never signed this duty. */
  readonly floors: ReadonlyMap<string, Unit | null>;
  /** The operator and the time. Short, because each record names the adoption of every key. */
  readonly by: string;
  readonly atMs: number;
}

export type FreeingPlan =
  | {
      readonly ok: true;
      readonly compares: Compare[];
      readonly writes: Write[];
      /** The new texts, by record key. */
      readonly texts: ReadonlyMap<string, string>;
      /** Held reports that did not fit: the key stays held by them until it is adopted once more. */
      readonly left: number;
    }
  | { readonly ok: false; readonly why: string };

/**
 * One transaction frees the key in at most this many reports. etcd takes 128 operations in a transaction, and
 * the adoption itself needs some for its marks.
 */
export const MAX_FREED_AT_ONCE = 48;

/**
 * Bytes of the compares and writes of reports in one transaction. A report names the adoption of every key
 * that it was freed for, so it grows with the number of keys; etcd takes 1.5 MiB in a request.
 */
export const MAX_FREED_BYTES = 512 * 1024;

/**
 * The compares and writes by which an adoption frees its key in every held report.
 *
 * @param entries reports that this service knows, in the store or not
 * @param texts every record under `doubt/`, read linearizably
 */
export function planFreeing(
  entries: Iterable<Entry>,
  texts: ReadonlyMap<string, string>,
  adoption: Adoption,
): FreeingPlan {
  const held = new Map<string, Report>();
  const problems: string[] = [];
  for (const [recordKey, text] of texts) {
    const report = readReport(recordKey, text);
    if (report instanceof RecordError)
      problems.push(`the record ${recordKey} cannot be read: ${report.message}`);
    else if (report.released === null) held.set(recordKey, report);
  }
  // A report that the store does not hold yet would hold the key again after the adoption.
  for (const entry of entries) {
    const stored = held.get(entry.recordKey);
    const isStored = stored !== undefined && joined(stored, entry.report ?? stored) === stored;
    if (!isHolding(entry) || entry.unreadable || isStored) continue;
    const id = reportId(entry.recordKey);
    problems.push(`rollback report ${id} is not in the store yet; adopt again when it is`);
  }
  for (const [recordKey, report] of held)
    if (!wasAdopted(report, adoption)) problems.push(...floorProblem(reportId(recordKey), report, adoption));
  if (problems.length > 0) return { ok: false, why: problems.join('; ') };
  return write(held, texts, adoption);
}

function write(
  held: ReadonlyMap<string, Report>,
  texts: ReadonlyMap<string, string>,
  adoption: Adoption,
): FreeingPlan {
  const { chain, key, by, atMs } = adoption;
  const open = [...held].filter(([, report]) => !wasAdopted(report, adoption));
  const freed = { chain, key, adoption: `${by} at ${new Date(atMs).toISOString()}` };
  const compares: Compare[] = [];
  const writes: Write[] = [];
  const fresh = new Map<string, string>();
  let bytes = 0;
  for (const [recordKey, report] of open.slice(0, MAX_FREED_AT_ONCE)) {
    const next = encodeReport({ ...report, freed: [...report.freed, freed] });
    const [before, after] = [toBytes(texts.get(recordKey) ?? ''), toBytes(next)];
    bytes += before.length + after.length;
    if (bytes > MAX_FREED_BYTES && fresh.size > 0) break;
    compares.push({ key: recordKey, value: before });
    writes.push({ key: recordKey, value: after });
    fresh.set(recordKey, next);
  }
  return { ok: true, compares, writes, texts: fresh, left: open.length - fresh.size };
}

/** A floor below a word of this key would grant again what the claimant remembers. */
function floorProblem(id: string, { node, chain, key, duty, top }: Report, adoption: Adoption): string[] {
  if (chain !== adoption.chain || key !== adoption.key || top === null) return [];
  const wanted = `rollback report ${id} of node ${node} needs a floor of ${duty} at or above ${top}`;
  const floor = dutyNamed(duty) === null ? undefined : adoption.floors.get(duty);
  if (floor === undefined) return [`${wanted}; none is given`];
  if (floor !== null && compareUnits(floor, unitOfText(top)) >= 0) return [];
  return [`${wanted}; given: ${floor === null ? 'never signed' : formatUnit(floor)}`];
}
