import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ScheduleVersion } from '../group.ts';
import type { Message } from '../messages.ts';
import { leaderIn, placeOf } from '../plan.ts';
import { fakeValue, fakeVerify, fakeVoices, hashed, inputUnderWhich } from '../testing/fake-operators.ts';
import { impersonationOf, mistakeOf } from './makers.ts';
import { fakeEvidenceVerifier, only } from './testing/fake-evidence-verifier.ts';

const COURT = fakeEvidenceVerifier(4);
const { plan, voices, value, leader, follower, assertHolds, assertNot, justified, testAltered } = COURT;
const { propose } = voices;
const impersonation = (message: Message) => impersonationOf(plan, fakeVerify, message);
const mistake = (message: Message) => mistakeOf(plan, fakeVerify, message);

describe('impersonation', () => {
  test('is a proposal in a rank that, by its own input, another seat leads', () => {
    assertHolds(impersonation(propose(follower(0), 0, value)), 'impersonation', follower(0));
    const later = propose(follower(2), 2, value, justified(2, null));
    assertHolds(impersonation(later), 'impersonation', follower(2));
  });

  test('is not the proposal of the leader', () => {
    assert.equal(impersonation(propose(leader(0), 0, value)), null);
    assert.equal(impersonation(propose(leader(2), 2, value, justified(2, null))), null);
  });

  test('is not the proposal of a member that reads another input, under which it leads', () => {
    const seat = follower(0);
    const seedInput = inputUnderWhich(plan, seat);
    assert.equal(impersonation(propose(seat, 0, value, null, { seedInput })), null);
  });

  const evidence = only(impersonation(propose(follower(0), 0, value)), 'impersonation');
  const { statement } = evidence.propose;
  testAltered(
    [evidence],
    [
      [
        'accuses another seat',
        { ...evidence, seat: follower(1) === evidence.seat ? 0 : follower(1) },
        /signature|leads/,
      ],
      [
        'under an input that it did not sign',
        {
          ...evidence,
          propose: {
            ...evidence.propose,
            statement: { ...statement, seedInput: inputUnderWhich(plan, leader(1)) },
          },
        },
        /signature|leads/,
      ],
    ],
  );
});

describe('a mistake', () => {
  const seat = leader(0);

  test('is an action that is not due under the own input', () => {
    const verifier = fakeEvidenceVerifier(4, 6n);
    const rotate = { ...fakeValue(verifier.plan), action: 'rotate' };
    const message = verifier.voices.propose(verifier.leader(0), 0, rotate);
    verifier.assertHolds(mistakeOf(verifier.plan, fakeVerify, message), 'mistake', verifier.leader(0));
    const unknown = propose(seat, 0, { ...value, action: 'unheard-of' });
    assertHolds(mistake(unknown), 'mistake', seat);
    const later = propose(leader(1), 1, { ...value, action: 'unheard-of' }, justified(1, null));
    assertHolds(mistake(later), 'mistake', leader(1));
  });

  test('is a value with other terms than those of the schedule', () => {
    for (const changed of [
      { ...value, resource: 'another' },
      { ...value, validityBlocks: 601n },
      { ...value, action: 'noop', content: new Uint8Array(), validityBlocks: 1n },
      { ...value, action: 'noop', validityBlocks: 0n },
    ]) {
      const evidence = assertHolds(mistake(propose(seat, 0, changed)), 'mistake', seat);
      assert.deepEqual(only(evidence, 'mistake').value, changed);
    }
  });

  test('is not a proposal that is due and justified, nor a noop', () => {
    const noop = { ...value, action: 'noop', content: new Uint8Array(), validityBlocks: 0n };
    for (const good of [value, noop]) {
      assert.equal(mistake(propose(seat, 0, good)), null);
      assert.equal(mistake(propose(leader(1), 1, good, justified(1, null))), null);
      assert.equal(mistake(propose(leader(3), 3, good, justified(3, good))), null);
    }
  });

  test('is not a value that a quorum had prepared, even if it was not due, because then it was forced', () => {
    const strange = { ...value, action: 'unheard-of', resource: 'another' };
    assert.equal(mistake(propose(leader(1), 1, strange, justified(1, strange))), null);
  });

  test('is not an action that is due under its own input, even if not under ours', () => {
    const drawn: ScheduleVersion = {
      ...plan.version,
      agenda: [{ ...plan.version.agenda[0], cadence: { kind: 'drawn', perMillion: 500_000 } } as never],
    };
    const place = placeOf(plan.group, [drawn], plan.window);
    const say = fakeVoices(COURT.operators, plan, place);
    const results = Array.from({ length: 20 }, (_, i) => {
      const seedInput = hashed(`drawn ${i}`);
      const who = leaderIn(place, seedInput, 0);
      return mistakeOf(place, fakeVerify, say.propose(who, 0, value, null, { seedInput })) !== null;
    });
    assert.ok(results.includes(true) && results.includes(false), 'some were due, some were not');
  });

  test('is only a proposal', () => {
    assert.equal(mistake(voices.prepare(0, 0, value)), null);
    assert.equal(impersonation(voices.prepare(0, 0, value)), null);
  });
});

describe('evidence of a mistake that was altered', () => {
  const seat = leader(1);
  const forced = justified(1, value);
  const evidence = only(mistake(propose(seat, 1, fakeValue(plan, 'other'), forced)), 'mistake');
  const notDue = only(mistake(propose(leader(0), 0, { ...value, action: 'unheard-of' })), 'mistake');
  const terms = only(mistake(propose(leader(0), 0, { ...value, resource: 'another' })), 'mistake');
  testAltered(
    [evidence, notDue, terms],
    [
      ['without the justification', { ...evidence, justification: null }, /justification/],
      ['with another justification', { ...evidence, justification: justified(1, null) }, /justification/],
      [
        'with a justification that was damaged afterwards',
        { ...evidence, justification: { ...forced, prepares: [] } },
        /justification/,
      ],
      ['with a justification where there was none', { ...notDue, justification: forced }, /justification/],
      [
        'with a value that is not needed beside the justification',
        { ...evidence, value: fakeValue(plan, 'other') },
        /not needed/,
      ],
      [
        'with a value that is not needed',
        { ...notDue, value: { ...value, action: 'unheard-of' } },
        /not needed/,
      ],
      ['of another version', { ...notDue, scheduleDigest: hashed('') }, /version/],
      ['with a value that was not proposed', { ...terms, value: { ...value, resource: 'third' } }, /value/],
      ['without the value', { ...terms, value: null }, /due/],
    ],
  );

  test('does not hold under the number of a version that has the action', () => {
    const agenda = [{ ...plan.version.agenda[0], action: 'unheard-of' } as never];
    assertNot(notDue, /version/, [{ ...plan.version, agenda }]);
  });
});
