import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { goodNominator, goodRecord, HOUR_MS, NOON_MS, snapshotOf } from '../testing/records.ts';
import { OLDEST_HEAD_MS, oldHeads } from './heads.ts';

type Source = Snapshot['sources'][string];

function snapshot(changes: Readonly<Record<string, Partial<Source>>>): Snapshot {
  const base = snapshotOf([goodRecord(1), goodRecord(2)], { nominators: [goodNominator(0)] });
  const sources = Object.fromEntries(
    Object.entries(base.sources).map(([name, source]) => [name, { ...source, ...changes[name] }]),
  );
  return { ...base, sources };
}

const told = (of: Snapshot, nowMs = NOON_MS) => oldHeads(of, nowMs, OLDEST_HEAD_MS);

test('the head of each chain must be young enough, to the millisecond; of other sources there is no head', () => {
  assert.equal(told(snapshot({})), null);
  for (const role of ['staking', 'relay', 'identity']) {
    assert.equal(told(snapshot({ [role]: { atMs: NOON_MS - OLDEST_HEAD_MS } })), null);
    assert.equal(
      told(snapshot({ [role]: { atMs: NOON_MS - OLDEST_HEAD_MS - 1 } })),
      `the head of ${role} is 30 min old`,
    );
  }
  assert.equal(told(snapshot({ releases: { atMs: 0 }, places: { atMs: 0 }, programme: { atMs: 0 } })), null);
  assert.equal(
    told(snapshot({ staking: { atMs: NOON_MS - 9 * HOUR_MS }, relay: { atMs: NOON_MS - 8 * HOUR_MS } })),
    'the head of staking is 9 h 0 min old, the head of relay is 8 h 0 min old',
  );
});
