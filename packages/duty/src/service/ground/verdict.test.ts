import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import { claimWith, FREE, SEAL } from '../claim/testing/claim.ts';
import type { SessionState } from '../contract.ts';
import { denied, granted, headOf, isEnteredPart, notServing } from './verdict.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const PREVOTE = { ...ENTER, parts: ['prevote'] as const };
const ALL = { ...ENTER, parts: ENTER.duty.parts };

test('only a part of an entered unit is one: an enter, a seal and a vote without an enter are not', () => {
  assert.equal(isEnteredPart(PREVOTE), true);
  for (const claim of [ENTER, ALL, SEAL, claimWith({ dutyName: 'beefy', parts: ['vote'] })])
    assert.equal(isEnteredPart(claim), false);
});

test('a service that may not grant denies what can be denied, and never a vote, which stops a node', () => {
  const answers: Readonly<Record<Exclude<SessionState, 'serving'>, readonly [string, string]>> = {
    draining: ['unknown:draining', 'unknown:draining'],
    stopped: ['unknown:draining', 'unknown:draining'],
    starting: ['unknown:store-unavailable', 'unknown:store-unavailable'],
    joining: ['denied:no-memory', 'unknown:session-checking'],
    behind: ['denied:store-behind', 'unknown:session-checking'],
    checking: ['denied:session-lost', 'unknown:session-checking'],
  };
  for (const [state, expected] of Object.entries(answers)) {
    const session = { state: () => state as SessionState, detail: () => 'why', storeFault: () => null };
    const told = [SEAL, PREVOTE].map((claim) => notServing(session, claim));
    assert.deepEqual(
      told.map(({ outcome, reason, detail }) => [`${outcome}:${reason}`, detail]),
      expected.map((text) => [text, 'why']),
      state,
    );
  }
});

test('an answer has the position of the mark, if it was decided by one', () => {
  const { mark } = FREE;
  const point = pointOf(mark);
  assert.deepEqual(headOf(point), { epoch: mark.epoch, seq: '1', hash: mark.lastHash });
  const watch = { holder: 'a', term: '1' };
  const expected = { outcome: 'granted', reason: 'new', detail: '', point, watch };
  assert.deepEqual(granted('new', mark, watch), expected);
  const seen = denied('below-floor', 'low', mark);
  assert.deepEqual([seen.point, seen.watch], [point, null]);
  assert.equal(denied('below-floor', 'low').point, null);
});
