import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from '../messages.ts';
import { leaderIn } from '../plan.ts';
import { fakePlan, fakeValue, fakeVerify, fakeVoices, hashed } from '../testing/fake-operators.ts';
import { idlenessOf } from './makers.ts';
import { fakeEvidenceVerifier, only } from './testing/fake-evidence-verifier.ts';

// Seven members: two may fail, so three must say it.
const COURT = fakeEvidenceVerifier(7);
const { plan, voices, value, leader, assertHolds, assertNot, testAltered } = COURT;
const { hello, rankChange } = voices;
const LEADER = leader(0);
const OTHERS = plan.order.filter((seat) => seat !== LEADER);
const HELLOS = plan.order.map((seat) => hello(seat));

const make = (changes: readonly Message[], hellos: readonly Message[] = HELLOS, rank = 0) =>
  idlenessOf(plan, fakeVerify, rank, changes, hellos);
const unheard = (seats: readonly number[], rank = 1) =>
  seats.map((seat) => rankChange(seat, rank, null, 0, false));

describe('idleness', () => {
  test('needs statements of f + 1 members that shared the seed input', () => {
    const evidence = assertHolds(make(unheard(OTHERS)), 'idleness', LEADER);
    assert.equal(only(evidence, 'idleness').unheard.length, 3);
    const later = plan.order.filter((seat) => seat !== leader(2));
    assertHolds(make(unheard(later, 3), HELLOS, 2), 'idleness', leader(2));
  });

  test('also counts members that were prepared before', () => {
    const later = plan.order.filter((seat) => seat !== leader(1));
    const changes = later.map((seat) => rankChange(seat, 2, value, 0, false));
    assertHolds(make(changes, HELLOS, 1), 'idleness', leader(1));
  });

  test('is a statement, not a proof: if the proposal came late, it holds and punishes no member', () => {
    // The leader did propose; three members heard of it after they had changed. assertHolds checks the
    // weight.
    assertHolds(make(unheard(OTHERS.slice(0, 3))), 'idleness', LEADER);
  });

  test('needs f + 1 different members without the leader', () => {
    assert.equal(make(unheard(OTHERS.slice(0, 2))), null);
    assert.equal(make([...unheard(OTHERS.slice(0, 2)), ...unheard(OTHERS.slice(0, 1))]), null);
    assert.equal(make(unheard([...OTHERS.slice(0, 2), LEADER])), null);
  });

  test('does not count members that heard the leader, or that changed into another rank', () => {
    const heard = OTHERS.map((seat) => rankChange(seat, 1, null, 0, true));
    assert.equal(make([...unheard(OTHERS.slice(0, 2)), ...heard.slice(2)]), null);
    assert.equal(make(unheard(OTHERS, 2)), null);
  });

  test('no member changes from the last rank', () => {
    assert.equal(make(unheard(OTHERS, 3), HELLOS, 3), null);
    const evidence = only(make(unheard(OTHERS)), 'idleness');
    assertNot({ ...evidence, rank: 3 }, /last rank/);
  });
});

describe('evidence of idleness that was altered', () => {
  const evidence = only(make(unheard(OTHERS)), 'idleness');
  const [first, second, third] = evidence.unheard;
  assert.ok(first && second && third);
  const early = rankChange(first.seat, 1, value, 1, false);
  assert.ok(early.statement.kind === 'rank-change');
  const strange = { ...first, prepared: early.statement.prepared, signature: early.signature };
  testAltered(
    [evidence],
    [
      ['a witness too few', { ...evidence, unheard: [first, second] }, /witnesses/],
      ['accuses a witness', { ...evidence, seat: first.seat }, /lead|culprit/],
      [
        'accuses a bystander',
        {
          ...evidence,
          seat: OTHERS.find((seat) => !evidence.unheard.some((said) => said.seat === seat)) ?? -1,
        },
        /lead/,
      ],
      [
        'with an input that the witnesses did not sign, so that another is accused',
        {
          ...evidence,
          seat: leaderIn(plan, hashed('chosen'), 0),
          hello: { ...evidence.hello, seedInput: hashed('chosen') },
        },
        /witness/,
      ],
      [
        'signatures of two witnesses swapped',
        {
          ...evidence,
          unheard: [
            { ...first, signature: second.signature },
            { ...second, signature: first.signature },
            third,
          ],
        },
        /witness/,
      ],
      [
        'hellos of two witnesses swapped',
        {
          ...evidence,
          unheard: [
            { ...first, helloSignature: second.helloSignature },
            { ...second, helloSignature: first.helloSignature },
            third,
          ],
        },
        /witness/,
      ],
      [
        'a statement that heard',
        {
          ...evidence,
          unheard: [
            { ...first, signature: rankChange(first.seat, 1, null, 0, true).signature },
            second,
            third,
          ],
        },
        /witness/,
      ],
      [
        'a witness that claims to be prepared where it enters',
        { ...evidence, unheard: [strange, second, third] },
        /witness/,
      ],
      [
        'a witness that signed another claim',
        { ...evidence, unheard: [{ ...first, prepared: { rank: 0, digest: hashed('') } }, second, third] },
        /witness/,
      ],
      ['in another rank', { ...evidence, rank: 1, seat: leader(1) }, /witness|culprit/],
    ],
  );

  test('does not hold with rank-changes of another window', () => {
    const next = fakePlan(COURT.operators, 6n);
    const theirs = fakeVoices(COURT.operators, next);
    const changes = OTHERS.map((seat) => theirs.rankChange(seat, 1, null, 0, false));
    assert.equal(make(changes), null);
    assert.notEqual(fakeValue(next).referenceHash, value.referenceHash);
  });
});
