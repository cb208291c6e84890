import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { known, unknown } from '../facts/fact.ts';
import type { CandidateRecord, Sighting } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { goodRecord, HOUR_MS, NOON_MS, snapshotOf } from '../testing/index.ts';
import {
  FAULT_RULES,
  faultRulesOf,
  faultsBetween,
  missedPoints,
  noteFaults,
  reportedFault,
} from './faults.ts';
import { EXAMPLE_TIERS, tierOf } from './tiers.ts';

function at(ms: number, change: Partial<CandidateRecord>, more: Partial<Snapshot> = {}) {
  const record = goodRecord(1, change);
  return { snapshot: snapshotOf([record], { takenAtMs: ms, ...more }), record };
}

function kinds(
  before: Partial<CandidateRecord>,
  after: Partial<CandidateRecord>,
  more: Partial<Snapshot> = {},
) {
  const found = faultsBetween(at(NOON_MS - 24 * HOUR_MS, before), at(NOON_MS, after, more), FAULT_RULES);
  for (const { reason, evidence, era } of found)
    assert.ok(reason !== '' && evidence.length > 0 && era === 2_200);
  return found.map(({ kind }) => kind);
}

const prefs = (commissionPerbill: number) => ({
  prefs: known({ commissionPerbill, blocked: false }, 'staking'),
});

function offline(hours: number): Partial<CandidateRecord> {
  const { sighting } = goodRecord(1);
  const seen: Sighting = sighting.known && sighting.value ? sighting.value : assert.fail();
  return {
    sighting: known(
      { ...seen, offline: [{ fromMs: NOON_MS - 20 * HOUR_MS, toMs: NOON_MS - (20 - hours) * HOUR_MS }] },
      'telemetry',
    ),
  };
}

test('chilled, commission raised, offline: each with era, reason and evidence', () => {
  assert.deepEqual(kinds({}, {}), []);
  assert.deepEqual(kinds({}, { validating: known(false, 'staking') }), ['chilled']);
  assert.deepEqual(kinds(prefs(100_000_000), prefs(150_000_001)), ['commission-raised']);
  assert.deepEqual(kinds(prefs(100_000_000), prefs(150_000_000)), []);
  assert.deepEqual(kinds(prefs(200_000_000), prefs(180_000_000)), [], 'lowered, if still too high');
  assert.deepEqual(kinds({}, offline(5)), ['offline']);
  assert.deepEqual(kinds({}, offline(4)), []);
});

test('an absence that was over before the last snapshot is not reported again', () => {
  const late = (hoursAgo: number) =>
    faultsBetween(at(NOON_MS - hoursAgo * HOUR_MS, {}), at(NOON_MS, offline(5)), FAULT_RULES).length;
  // It lasted from 20 to 15 hours before noon.
  assert.deepEqual([late(24), late(16), late(14)], [1, 1, 0]);
});

test('a commission is too high by the programme’s own rule', () => {
  const raised = (perbill: number | null) => {
    const parameters = perbill === null ? {} : { perbill };
    const checks = [{ id: 'maximum-commission', whenUnknown: 'hold' as const, parameters }];
    const rules = faultRulesOf({ version: 'test', about: '', checks });
    return faultsBetween(at(0, prefs(30_000_000)), at(1, prefs(140_000_000)), rules).length;
  };
  assert.deepEqual([raised(50_000_000), raised(150_000_000), raised(null)], [1, 0, 0]);
  // A programme without a bound on commission records no raise.
  const rules = faultRulesOf({ version: 'test', about: '', checks: [] });
  assert.deepEqual(faultsBetween(at(0, prefs(0)), at(1, prefs(1_000_000_000)), rules), []);
});

test('an outage of the feed is not a fault of the operator', () => {
  const outages = [{ fromMs: NOON_MS - 20 * HOUR_MS, toMs: NOON_MS - 18 * HOUR_MS }];
  assert.deepEqual(kinds({}, offline(5), { telemetry: { watchedSinceMs: 0, outages } }), []);
});

test('defect 25: a fact that is unknown before or after gives no fault', () => {
  const gone = {
    validating: unknown('x', 'staking'),
    prefs: unknown('x', 'staking'),
    sighting: unknown('x', 'telemetry'),
  };
  assert.deepEqual(kinds({}, gone), []);
  assert.deepEqual(kinds(gone, { validating: known(false, 'staking'), ...prefs(900_000_000) }), []);
});

test('missed era points: an elected validator far below the median, or without any', () => {
  const missed = (own: number | null) =>
    missedPoints({ era: 5, endedAtMs: 1, own, median: 90, source: 'staking' }, FAULT_RULES);
  assert.equal(missed(100), null);
  assert.equal(missed(null), null, 'it was not elected');
  assert.match(missed(8)?.reason ?? '', /^8 points in era 5, where half of the others had 90/);
  assert.equal(missed(0)?.kind, 'missed-era-points');
});

test('a fault is noted once per kind and era, however often it is seen', () => {
  const slash = reportedFault('slashed', 7, 70, '1 %', 'staking');
  const book = noteFaults(
    [],
    [slash, { ...slash, reason: 'again' }, reportedFault('offence', 6, 60, 'x', 'relay')],
  );
  assert.deepEqual(book.map(fields('kind', 'reason')), [
    ['offence', 'x'],
    ['slashed', '1 %'],
  ]);
  assert.deepEqual(noteFaults(book, [slash]), book);
});

test('tiers: the last one whose conditions are met', () => {
  const period = (n: number) => ({ firstEra: n, lastEra: n, activeEras: [n], nominated: true });
  const history = (count: number, faultEra: number | null = null) => ({
    periods: Array.from({ length: count }, (_, n) => period(n)),
    faults: faultEra === null ? [] : [reportedFault('slashed', faultEra, 0, 'x', 'staking')],
    lastNominatedEra: null,
    nominationCount: 0,
  });
  assert.equal(tierOf(EXAMPLE_TIERS, history(0), 0, 2_200), 'entry');
  assert.equal(tierOf(EXAMPLE_TIERS, history(4), 10, 2_200), 'proven');
  assert.equal(tierOf(EXAMPLE_TIERS, history(3), 10, 2_200), 'entry');
  assert.equal(tierOf(EXAMPLE_TIERS, history(16), 40, 2_200), 'trusted');
  assert.equal(tierOf(EXAMPLE_TIERS, history(16, 2_150), 40, 2_200), 'proven');
  assert.equal(tierOf(EXAMPLE_TIERS, history(16, 2_190), 40, 2_200), 'entry');
  assert.equal(tierOf([], history(16), 40, 2_200), null);
});
