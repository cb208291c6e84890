import { chargedMs } from '../checks/offline-time.ts';
import { shownPerbill, shownTime } from '../checks/show.ts';
import type { Evidence } from '../facts/fact.ts';
import { evidenceOf } from '../snapshot/evidence.ts';
import type { Fault, FaultKind } from '../snapshot/history-shapes.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** From when on something is a fault. */
export interface FaultRules {
  /** A commission above it is a fault if it was raised there. */
  readonly maximumCommissionPerbill: number;
  /** Time offline between two snapshots that is a fault, outages of the feed left out. */
  readonly offlineMs: number;
  /** Points below this share of the median of an era are missed. */
  readonly leastPointsShare: number;
}

export const FAULT_RULES: FaultRules = {
  maximumCommissionPerbill: 150_000_000,
  offlineMs: 4 * 3_600_000,
  leastPointsShare: 0.1,
};

/**
 * The faults that show between two snapshots of one candidate: chilled, commission raised, offline. What is unknown in
 * either of them shows nothing.
 */
export function faultsBetween(
  before: { readonly snapshot: Snapshot; readonly record: CandidateRecord },
  after: { readonly snapshot: Snapshot; readonly record: CandidateRecord },
  rules: FaultRules,
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
  const awayMs = awayBetween(before.snapshot.takenAtMs, after);
  if (awayMs > rules.offlineMs) {
    const evidence = evidenceOf(snapshot, 'sighting', is.sighting, () => `away for ${shownTime(awayMs)}`);
    found.push(make('offline', `for ${shownTime(awayMs)} since the last look`, evidence));
  }
  return found;
}

/** What the chain says of one era: the points of every validator that was active in it. */
export interface EraPoints {
  readonly era: number;
  readonly endedAtMs: number;
  readonly points: ReadonlyMap<string, number>;
  readonly source: string;
}

/**
 * The fault of an active validator that earned far less than the others in an era; null where it did not, or was not
 * active.
 */
export function missedPoints(
  stashKey: string,
  { era, endedAtMs, points, source }: EraPoints,
  rules: FaultRules,
): Fault | null {
  const own = points.get(stashKey);
  if (own === undefined) return null;
  const sorted = [...points.values()].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (own >= median * rules.leastPointsShare) return null;
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

/** A book of faults with more of them: one of a kind per era, the first that was seen, in the order of eras. */
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

function awayBetween(
  sinceMs: number,
  { snapshot, record }: { snapshot: Snapshot; record: CandidateRecord },
): number {
  const { sighting } = record;
  if (!sighting.known || sighting.value === null) return 0;
  const { offline, online, sinceMs: changedMs } = sighting.value;
  const current = online ? [] : [{ fromMs: changedMs, toMs: snapshot.takenAtMs }];
  const window = { fromMs: sinceMs, toMs: snapshot.takenAtMs };
  return chargedMs([...offline, ...current], snapshot.telemetry.outages, window);
}
