import type { ShadowSummary } from '../../shapes/watch.ts';

/** Shadow claims that are kept of each standby. */
export const SHADOWS = 120;
/** A drill looks at this many of the newest ones: an older failure may be repaired. */
export const RECENT = 10;
/** A slot that the standby did not claim within this time counts as not asked, in milliseconds. */
export const ASK_WITHIN_MS = 10_000;

/** The answer to one shadow claim: never `granted`. */
export interface ShadowAnswer {
  readonly would: 'would-grant' | 'would-not';
  /** A reason code of a denial; null if it would have been granted. */
  readonly why: string | null;
  readonly tookMs: number;
}

/** One unit that was due while the node was a standby. */
export interface ShadowUnit {
  /** Duty and unit, for example `babe 281234567`. */
  readonly name: string;
  /** When this service granted it to the active node, on the monotonic clock. */
  readonly dueMs: number;
  /** Null until the standby, or the service for it, has asked. */
  readonly answer: ShadowAnswer | null;
  readonly asked: boolean;
}

/** The newest units last; at most {@link SHADOWS}. */
export type ShadowRecord = readonly ShadowUnit[];

/** The record with this unit, which is due or answered now. The first answer stays. */
export function withShadow(record: ShadowRecord, unit: ShadowUnit): ShadowRecord {
  const known = record.find(({ name }) => name === unit.name);
  if (known === undefined) return [...record, unit].slice(-SHADOWS);
  if (known.answer !== null || unit.answer === null) return record;
  return record.map((one) => (one === known ? { ...unit, dueMs: known.dueMs } : one));
}

/** The record without this unit, if it has no answer. */
export function withoutOpen(record: ShadowRecord, name: string): ShadowRecord {
  return record.filter((unit) => unit.name !== name || unit.answer !== null);
}

/** The figures of a record. A unit whose time to ask is not over counts only with its answer. */
export function summaryOf(record: ShadowRecord, nowMs: number): ShadowSummary {
  const due = record.filter(({ answer, dueMs }) => answer !== null || nowMs - dueMs > ASK_WITHIN_MS);
  const isBad = ({ answer }: ShadowUnit) => answer?.would !== 'would-grant';
  const bad = due.findLast(isBad);
  const took = due.flatMap(({ answer }) => (answer === null ? [] : [answer.tookMs])).sort((a, b) => a - b);
  return {
    due: due.length,
    granted: due.filter(({ answer }) => answer?.would === 'would-grant').length,
    asked: due.filter(({ asked }) => asked).length,
    recentDenied: due.slice(-RECENT).filter(isBad).length,
    p99Ms: took.at(Math.ceil(took.length * 0.99) - 1) ?? null,
    why: bad === undefined ? null : (bad.answer?.why ?? 'not-asked'),
  };
}
