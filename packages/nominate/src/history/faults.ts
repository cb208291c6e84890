import { chargedMs, type Interval } from '../checks/offline-time.ts';
import type { CheckRules } from '../checks/rules.ts';
import { shownPerbill, shownTime } from '../checks/show.ts';
import type { Evidence } from '../facts/fact.ts';
import { evidenceOf } from '../snapshot/evidence.ts';
import type { Fault, FaultKind } from '../snapshot/history-shapes.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** Thresholds of faults. */
export interface FaultRules {
  /** A raise to a commission above it is a fault. */
  readonly maximumCommissionPerbill: number;
  /** A longer absence is a fault; outages of the feed do not count. */
  readonly offlineMs: number;
  /** Points below this share of the median of an era count as missed. */
  readonly leastPointsShare: number;
}

export const FAULT_RULES: FaultRules = {
  maximumCommissionPerbill: 150_000_000,
  offlineMs: 4 * 3_600_000,
  leastPointsShare: 0.1,
};

/** A programme without a bound on commission records no raise. */
const ANY_COMMISSION = 1_000_000_000;

/** The thresholds of a programme: the commission bound is that of its check. */
export function faultRulesOf({ checks }: CheckRules): FaultRules {
  const rule = checks.find(({ id }) => id === 'maximum-commission');
  if (rule === undefined) return { ...FAULT_RULES, maximumCommissionPerbill: ANY_COMMISSION };
  const { perbill } = rule.parameters;
  return typeof perbill === 'number' ? { ...FAULT_RULES, maximumCommissionPerbill: perbill } : FAULT_RULES;
}

/**
 * The faults between two snapshots of one candidate: chilled, commission raised, offline. A fact that is
 * unknown in either snapshot gives no fault. An absence is measured from its beginning, however close the
 * snapshots are, and is one fault: `book` has the faults so far.
 */
export function faultsBetween(
  before: { readonly snapshot: Snapshot; readonly record: CandidateRecord },
  after: { readonly snapshot: Snapshot; readonly record: CandidateRecord },
  rules: FaultRules,
  book: readonly Fault[] = [],
): readonly Fault[] {
  const { snapshot } = after;
  const era = snapshot.eras.active;
  if (!era.known) return [];
  const make = (kind: FaultKind, reason: string, evidence: Evidence): Fault =>
    faultOf(kind, era.value, snapshot.takenAtMs, reason, [evidence]);
  const found: Fault[] = [];
  const [was, is] = [before.record, after.record];
  if (was.validating.known && was.validating.value && is.validating.known && !is.validating.value) {
    found.push(
      make('chilled', 'its validate intention is gone', evidenceOf(snapshot, 'validating', is.validating)),
    );
  }
  if (was.prefs.known && is.prefs.known) {
    const [from, to] = [was.prefs.value.commissionPerbill, is.prefs.value.commissionPerbill];
    if (to > from && to > rules.maximumCommissionPerbill) {
      const evidence = evidenceOf(snapshot, 'prefs.commissionPerbill', is.prefs, (prefs) =>
        String(prefs.commissionPerbill),
      );
      found.push(make('commission-raised', `from ${shownPerbill(from)} to ${shownPerbill(to)}`, evidence));
    }
  }
  for (const { fromMs, toMs, awayMs } of absencesSince(before.snapshot.takenAtMs, after)) {
    const isNoted = ({ kind, atMs }: Fault) => kind === 'offline' && atMs > fromMs && atMs <= toMs;
    if (awayMs <= rules.offlineMs || book.some(isNoted)) continue;
    const evidence = evidenceOf(snapshot, 'sighting', is.sighting, () => `away for ${shownTime(awayMs)}`);
    found.push({ ...make('offline', `for ${shownTime(awayMs)}`, evidence), atMs: toMs });
  }
  return found;
}

/** The points of one validator in a past era. */
export interface EraPoints {
  readonly era: number;
  readonly endedAtMs: number;
  /** Its points: 0 if it was elected and has none, null if it was not elected. */
  readonly own: number | null;
  /** The median of all validators with points. */
  readonly median: number;
  readonly source: string;
}

/**
 * The fault of an elected validator that earned far fewer points than the others in an era; null if it earned
 * enough, or was not elected.
 */
export function missedPoints(
  { era, endedAtMs, own, median, source }: EraPoints,
  rules: FaultRules,
): Fault | null {
  if (own === null || own >= median * rules.leastPointsShare) return null;
  const reason = `${own} points in era ${era}, where half of the others had ${median} or more`;
  const evidence = [{ fact: 'erasRewardPoints', value: `${own} of ${median}`, source }];
  return { kind: 'missed-era-points', era, atMs: endedAtMs, reason, evidence };
}

/** An offence or a slash as the chain reports it. */
export function reportedFault(
  kind: 'offence' | 'slashed' | 'missed-para-votes',
  era: number,
  atMs: number,
  reason: string,
  source: string,
): Fault {
  return { kind, era, atMs, reason, evidence: [{ fact: kind, value: reason, source }] };
}

/** A book with additional faults: one of a kind per era, the first observed, in the order of eras. */
export function noteFaults(book: readonly Fault[], seen: readonly Fault[]): readonly Fault[] {
  const byKey = new Map<string, Fault>();
  for (const fault of [...book, ...seen]) {
    const key = `${fault.era} ${fault.kind}`;
    if (!byKey.has(key)) byKey.set(key, fault);
  }
  return [...byKey.values()].sort((a, b) => a.era - b.era || a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1));
}

function faultOf(
  kind: FaultKind,
  era: number,
  atMs: number,
  reason: string,
  evidence: readonly Evidence[],
): Fault {
  return {
    kind,
    era,
    atMs,
    reason,
    evidence: evidence.map(({ fact, value, source }) => ({ fact, value, source })),
  };
}

/** Current absences and those that ended after `sinceMs`, with their lengths without outages of the feed. */
function absencesSince(
  sinceMs: number,
  { snapshot, record }: { snapshot: Snapshot; record: CandidateRecord },
): readonly (Interval & { readonly awayMs: number })[] {
  const { sighting } = record;
  if (!sighting.known || sighting.value === null) return [];
  const { offline, online, sinceMs: changedMs } = sighting.value;
  const current = online ? [] : [{ fromMs: changedMs, toMs: snapshot.takenAtMs }];
  const { outages } = snapshot.telemetry;
  return [...offline, ...current]
    .filter(({ toMs }) => toMs > sinceMs)
    .map((one) => ({ ...one, awayMs: chargedMs([one], outages, one) }));
}
