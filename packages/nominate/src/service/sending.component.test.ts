import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { encodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { HOUR_MS, NOON_MS, sampleIntent } from '../testing/records.ts';
import type { Intent } from '../transactions/index.ts';
import { judgeOf } from './sending.ts';

const MINUTE_MS = 60_000;

const harness = harnessOfEachTest();
let intent: Intent;

beforeEach(() => {
  const targets = harness.chainSays.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  intent = sampleIntent(1, { targets });
});

const fresh = (): Snapshot => ({ ...harness.chainSays.snapshot, takenAtMs: harness.clock.nowMs() });

/** With one source changed. */
const changed = (role: string, change: Partial<Snapshot['sources'][string]>): Snapshot => {
  const snapshot = fresh();
  const source = snapshot.sources[role] ?? assert.fail(role);
  return { ...snapshot, sources: { ...snapshot.sources, [role]: { ...source, ...change } } };
};

async function judged(snapshot: Snapshot | null): Promise<string> {
  if (snapshot !== null) await harness.store.snapshots.put(encodeSnapshot(snapshot));
  const judge = judgeOf(harness);
  const block = { height: 1n, hash: `0x${'22'.repeat(32)}` };
  const verdict = await judge(intent, intent.targets, 'nominate', block, new AbortController().signal);
  if (verdict.result === 'unknown') return verdict.why;
  return verdict.keep.length + verdict.dropped.length === intent.targets.length ? 'judged' : 'some are lost';
}

test('targets are judged by a fresh snapshot of fresh heads', async () => {
  assert.match(await judged(null), /no fresh snapshot/);
  assert.equal(await judged(fresh()), 'judged');
  await harness.clock.advance(20 * MINUTE_MS + 1);
  assert.match(await judged(null), /no fresh snapshot/);
});

for (const role of ['staking', 'relay', 'identity'])
  test(`no transaction is signed on a head of ${role} that is hours old, or that has no time`, async () => {
    const nine = { atMs: NOON_MS - 9 * HOUR_MS };
    assert.equal(await judged(changed(role, nine)), `the head of ${role} is 9 h 0 min old`);
    assert.equal(await judged(changed(role, { timeless: true })), `the head of ${role} says no time`);
    harness.settings.oldestHeadMs = null;
    assert.equal(await judged(changed(role, nine)), 'judged');
  });

test('a head that gets too old while its snapshot is still the newest', async () => {
  const at = changed('staking', { atMs: NOON_MS - 20 * MINUTE_MS });
  assert.equal(await judged(at), 'judged');
  await harness.clock.advance(11 * MINUTE_MS);
  assert.equal(await judged(null), 'the head of staking is 31 min old');
});

test('without the staking chain, judging is impossible; without another one its facts are unknown', async () => {
  for (const oldestHeadMs of [harness.settings.oldestHeadMs, null]) {
    harness.settings.oldestHeadMs = oldestHeadMs;
    assert.match(await judged(changed('staking', { block: null })), /chain of stakes could not be read/);
    for (const role of ['relay', 'identity'])
      assert.equal(await judged(changed(role, { block: null })), 'judged');
  }
});
