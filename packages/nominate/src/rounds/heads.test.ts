import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { goodNominator, goodRecord, HOUR_MS, NOON_MS, snapshotOf } from '../testing/records.ts';
import { OLDEST_HEAD_MS, oldHeads } from './heads.ts';
import { type PlanOptions, planRound } from './plan.ts';
import { replayRound } from './replay.ts';
import { storeRound } from './stored.ts';
import { programme } from './testing/programme.ts';

type Source = Snapshot['sources'][string];

function snapshot(changes: Readonly<Record<string, Partial<Source>>>): Snapshot {
  const base = snapshotOf([goodRecord(1), goodRecord(2)], { nominators: [goodNominator(0)] });
  const sources = Object.fromEntries(
    Object.entries(base.sources).map(([name, source]) => [name, { ...source, ...changes[name] }]),
  );
  return { ...base, sources };
}

const told = (of: Snapshot, nowMs = NOON_MS) => oldHeads(of, nowMs, OLDEST_HEAD_MS);
const plan = (of: Snapshot, options: PlanOptions) => planRound(of, programme(1), options);

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

test('a head gets old while its snapshot is unused', () => {
  assert.match(told(snapshot({}), NOON_MS + HOUR_MS) ?? '', /^the head of staking is 1 h 0 min old, /);
});

test('a head without a time is not fresh, even if it was just read', () => {
  assert.equal(told(snapshot({ relay: { timeless: true } })), 'the head of relay says no time');
});

test('a chain that could not be read has no head: its facts are unknown, and not old', () => {
  assert.equal(told(snapshot({ identity: { block: null, atMs: 0 } })), null);
});

test('without a bound everything is young', () => {
  const old = snapshot({ staking: { atMs: 0 }, relay: { timeless: true } });
  assert.equal(oldHeads(old, NOON_MS, null), null);
});

test('a round is not planned on old heads; a stored one is replayed with any bound', () => {
  const old = snapshot({ staking: { atMs: NOON_MS - 9 * HOUR_MS } });
  const refused = plan(old, { oldestHeadMs: OLDEST_HEAD_MS });
  assert.deepEqual(refused.ok ? null : [refused.refusal.code, refused.refusal.detail], [
    'old-heads',
    'the head of staking is 9 h 0 min old',
  ]);
  assert.ok(plan(snapshot({}), { oldestHeadMs: OLDEST_HEAD_MS }).ok);
  const planned = plan(old, {});
  assert.ok(planned.ok);
  assert.equal(replayRound(storeRound(old, programme(1), planned.record)).result, 'same');
});

test('only a snapshot with a head without time mentions it, and can be read back', () => {
  const now = snapshot({ relay: { timeless: true } });
  const text = encodeSnapshot(now);
  assert.ok(text.includes('"timeless":true') && !encodeSnapshot(snapshot({})).includes('timeless'));
  const read = decodeSnapshot(text);
  assert.ok(read.ok && read.snapshot.sources.relay?.timeless === true);
});
