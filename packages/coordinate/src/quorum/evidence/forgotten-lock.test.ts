import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from '../messages.ts';
import { fakePlan, fakeValue, fakeVerify, fakeVoices } from '../testing/fake-operators.ts';
import { forgottenLockOf } from './makers.ts';
import { fakeEvidenceVerifier, only } from './testing/fake-evidence-verifier.ts';

const COURT = fakeEvidenceVerifier(4);
const { plan, voices, value, assertHolds, testAltered } = COURT;
const { commit, rankChange } = voices;
const OTHER = fakeValue(plan, 'other');
const make = (a: Message, b: Message) => forgottenLockOf(plan, fakeVerify, a, b);

describe('a forgotten lock', () => {
  test('is a commit, and a later rank-change that was not prepared', () => {
    assertHolds(make(commit(1, 0, value), rankChange(1, 1, null)), 'forgotten-lock', 1);
    assertHolds(make(commit(1, 0, value), rankChange(1, 3, null)), 'forgotten-lock', 1);
  });

  test('or that was prepared in a lower rank, of that value or another', () => {
    assertHolds(make(commit(2, 1, value), rankChange(2, 2, value, 0)), 'forgotten-lock', 2);
    assertHolds(make(commit(2, 1, value), rankChange(2, 3, OTHER, 0)), 'forgotten-lock', 2);
  });

  test('is not a rank-change that was prepared as high, or higher, for any value', () => {
    assert.equal(make(commit(1, 0, value), rankChange(1, 1, value, 0)), null);
    assert.equal(make(commit(1, 0, value), rankChange(1, 3, OTHER, 2)), null);
    assert.equal(make(commit(1, 1, value), rankChange(1, 2, value, 1)), null);
  });

  test('is not a rank-change from before the commit', () => {
    assert.equal(make(commit(1, 2, value), rankChange(1, 2, null)), null);
    assert.equal(make(commit(1, 2, value), rankChange(1, 1, null)), null);
  });

  test('is not of two members, two windows, or of a prepare', () => {
    assert.equal(make(commit(1, 0, value), rankChange(2, 1, null)), null);
    const next = fakeVoices(COURT.operators, fakePlan(COURT.operators, 6n));
    assert.equal(make(commit(1, 0, value), next.rankChange(1, 1, null)), null);
    assert.equal(make(voices.prepare(1, 0, value), rankChange(1, 1, null)), null);
  });
});

describe('evidence of a forgotten lock that was altered', () => {
  const evidence = only(make(commit(1, 1, value), rankChange(1, 2, value, 0)), 'forgotten-lock');
  const legal = rankChange(1, 2, value, 1).statement;
  assert.ok(legal.kind === 'rank-change');
  const denied = { ...legal, prepared: null };
  testAltered(
    [evidence],
    [
      ['the commit in a lower rank', { ...evidence, rank: 0 }, /names the lock, or a later one/],
      ['the commit in another rank', { ...evidence, rank: 3, laterRank: 2 }, /not a later rank/],
      ['the change into another rank', { ...evidence, laterRank: 3 }, /signature/],
      ['the change into a rank that is not there', { ...evidence, laterRank: 4 }, /not a later rank/],
      ['the change into a lower rank', { ...evidence, laterRank: 1 }, /not a later rank/],
      [
        'with a claim that was not made',
        { ...evidence, rankChange: { ...evidence.rankChange, statement: denied } },
        /signature/,
      ],
      [
        'with a change that kept the lock',
        { ...evidence, rankChange: { ...evidence.rankChange, statement: legal } },
        /names the lock/,
      ],
    ],
  );
});
