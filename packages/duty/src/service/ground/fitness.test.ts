import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import type { ReadinessReport } from '../contract.ts';
import { FIT_REPORT, policyDocument } from '../testing/services.ts';
import { unfitBy } from './fitness.ts';

/** At most 10 blocks behind, 200 ms off, and one peer at least. */
const REQUIRED = policyOf({ readiness: { ...policyDocument().readiness, required: true } });
const NOTHING = { setId: null, beefySetId: null, round: null, session: null };
const seen = (observer: string, finalizedBlock: bigint | null): Observation => ({
  observer,
  finalizedBlock,
  ...NOTHING,
});
const unfit = (change: Partial<ReadinessReport>, observations: readonly Observation[] = []) =>
  unfitBy(REQUIRED, 'a', { ...FIT_REPORT, ...change }, observations);

test('a policy that asks for no readiness finds every node fit', () => {
  assert.equal(unfitBy(policyOf(), 'a', { ...FIT_REPORT, syncing: true, peers: 0 }, []), null);
});

test('a node that is syncing, or has too few peers, is not fit', () => {
  assert.equal(unfit({}), null);
  assert.deepEqual(unfit({ syncing: true }), { criterion: 'syncing', detail: 'it is syncing' });
  assert.equal(unfit({ peers: 1 }), null);
  const detail = 'its peers are too few: 0, minPeers is 1';
  assert.deepEqual(unfit({ peers: 0 }), { criterion: 'minPeers', detail });
});

test('a clock that is further off than the policy allows, ahead or behind, is not fit', () => {
  for (const clockOffsetMs of [200, -200]) assert.equal(unfit({ clockOffsetMs }), null);
  const why = (clockOffsetMs: number) => unfit({ clockOffsetMs })?.detail;
  assert.equal(why(-201), 'its clock is 201 ms behind, maxClockOffsetMs is 200');
  assert.equal(why(8_353.4), 'its clock is ahead, or blocks reach it late: 8353 ms, maxClockOffsetMs is 200');
});

test('the finality of a node is its distance to the highest block that others have seen final', () => {
  const lag = (finalityLagBlocks: number, ...observations: Observation[]) =>
    unfit({ finalityLagBlocks }, observations)?.detail.match(/\d+ blocks/)?.[0] ?? 'fit';
  assert.equal(lag(10), 'fit');
  assert.equal(lag(11), '11 blocks', 'no report has its finality: its own figure counts');
  assert.equal(lag(11, seen('a', null), seen('b', 500n)), '11 blocks');
  assert.equal(lag(99, seen('a', 100n)), 'fit', 'no other has reported');
  assert.equal(lag(99, seen('a', 100n), seen('b', null)), 'fit');
  assert.equal(lag(99, seen('a', 100n), seen('b', 100n)), 'fit');
  assert.equal(lag(99, seen('a', 100n), seen('b', 40n)), 'fit');
  assert.equal(lag(99, seen('a', 100n), seen('b', 112n)), '12 blocks');
  assert.equal(lag(99, seen('a', 100n), seen('b', 120n), seen('c', 112n)), '20 blocks');
  assert.equal(lag(99, seen('b', 112n), seen('c', 120n), seen('a', 100n)), '20 blocks');
  assert.equal(lag(11, seen('a', 100n), seen('b', 400n)), '11 blocks', 'never more than its own figure');
});
