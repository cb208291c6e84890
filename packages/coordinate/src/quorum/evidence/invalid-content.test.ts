import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message, Value } from '../messages.ts';
import { fakeValue, fakeVerify, hashed } from '../testing/fake-operators.ts';
import type { Judges } from './evidence.ts';
import { invalidContentOf } from './makers.ts';
import { FAKE_JUDGES, fakeEvidenceVerifier, only } from './testing/fake-evidence-verifier.ts';
import { verifyEvidence } from './verify.ts';

// Seven members: two may fail, so three must have refused.
const COURT = fakeEvidenceVerifier(7);
const { plan, voices, value, leader, assertHolds, justified, testAltered } = COURT;
const { propose, refusal, votes } = voices;
const BAD = fakeValue(plan, 'bad');
const STOPPED: Uint8Array = Uint8Array.from(Buffer.from('stopped'));
const LEADER = leader(0);
const OTHERS = plan.order.filter((seat) => seat !== LEADER);

const make = (proposal: Message, refusals: readonly Message[] = [], judges: Judges = FAKE_JUDGES) =>
  invalidContentOf(plan, fakeVerify, proposal, refusals, judges);

function refusals(count: number, of: Value = value, code = 'unhealthy', facts = STOPPED): Message[] {
  return OTHERS.slice(0, count).map((seat) => refusal(seat, 0, of, code, facts));
}

describe('invalid content', () => {
  test('is content that the judge of the action refuses by itself', () => {
    assertHolds(make(propose(LEADER, 0, BAD)), 'invalid-content', LEADER);
    const later = propose(leader(2), 2, BAD, justified(2, null));
    assertHolds(make(later), 'invalid-content', leader(2));
  });

  test('or by facts that f + 1 members signed', () => {
    const evidence = assertHolds(make(propose(LEADER, 0, value), refusals(4)), 'invalid-content', LEADER);
    assert.equal(only(evidence, 'invalid-content').refusal?.votes.length, 3);
  });

  test('is not content that the judge accepts, even if members refuse it', () => {
    assert.equal(make(propose(LEADER, 0, value)), null);
    assert.equal(make(propose(LEADER, 0, value), refusals(6, value, 'unhealthy', hashed('running'))), null);
  });

  test('does not exist if the judge does not find the code of the refusals', () => {
    assert.equal(make(propose(LEADER, 0, value), refusals(3, value, 'busy')), null);
  });

  test('is not content that a quorum had prepared, because then it was forced', () => {
    assert.equal(make(propose(leader(1), 1, BAD, justified(1, BAD))), null);
  });

  test('needs the judge of its action', () => {
    const good = only(make(propose(LEADER, 0, BAD)), 'invalid-content');
    assert.equal(make(propose(LEADER, 0, BAD), [], new Map()), null);
    const { group, schedule } = plan;
    const verdict = verifyEvidence(group, schedule, good, fakeVerify);
    assert.ok(!verdict.holds && /this release cannot judge the action upgrade/.test(verdict.why));
  });

  test('of an action that the agenda does not have has no judge', () => {
    const strange = { ...BAD, action: 'strange' };
    const judges: Judges = new Map([['strange', () => 'bad']]);
    assert.equal(make(propose(LEADER, 0, strange), [], judges), null);
  });

  test('does not hold if the judge fails', () => {
    const crash = fakeValue(plan, 'crash');
    assert.equal(make(propose(LEADER, 0, crash)), null);
    const evidence = only(make(propose(LEADER, 0, BAD)), 'invalid-content');
    const judges: Judges = new Map([
      [
        'upgrade',
        () => {
          throw new Error('the judge fell ill');
        },
      ],
    ]);
    const verdict = verifyEvidence(plan.group, plan.schedule, evidence, fakeVerify, judges);
    assert.ok(!verdict.holds && /fell ill/.test(verdict.why));
  });
});

describe('evidence of invalid content that was altered', () => {
  const alone = only(make(propose(LEADER, 0, BAD)), 'invalid-content');
  const shared = only(make(propose(LEADER, 0, value), refusals(3)), 'invalid-content');
  const later = only(make(propose(leader(2), 2, BAD, justified(2, null))), 'invalid-content');
  const refused = shared.refusal;
  assert.ok(refused !== null);
  testAltered(
    [alone, shared],
    [
      ['another value', { ...shared, value: BAD }, /value/],
      ['without the refusals', { ...shared, refusal: null }, /accepts the content/],
      [
        'one refusal too few',
        { ...shared, refusal: { ...refused, votes: refused.votes.slice(1) } },
        /witnesses/,
      ],
      [
        'with a refusal of the culprit',
        {
          ...shared,
          refusal: {
            ...refused,
            votes: [
              ...refused.votes.filter(({ seat }) => seat !== LEADER).slice(0, 2),
              { seat: LEADER, signature: new Uint8Array(64) },
            ].toSorted((a, b) => a.seat - b.seat),
          },
        },
        /culprit/,
      ],
      [
        'a vote for something else',
        {
          ...shared,
          refusal: {
            ...refused,
            votes: votes(
              'prepare',
              0,
              hashed(''),
              OTHERS.slice(0, 3).toSorted((a, b) => a - b),
            ),
          },
        },
        /signature of a refusal is not valid/,
      ],
      ['a good value in the place of a bad one', { ...alone, value }, /value/],
      ['without its justification', { ...later, justification: null }, /justification/],
      ['with another justification', { ...later, justification: justified(2, BAD) }, /justification/],
    ],
  );
});
