import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from '../messages.ts';
import { fakeValue, fakeVerify, fakeVoices, hashed } from '../testing/fake-operators.ts';
import { equivocationOf } from './makers.ts';
import { fakeEvidenceVerifier, only } from './testing/fake-evidence-verifier.ts';

const COURT = fakeEvidenceVerifier(4);
const { plan, voices, value, assertHolds, assertNot, leader, testAltered } = COURT;
const OTHER = fakeValue(plan, 'other');
const make = (a: Message, b: Message) => equivocationOf(plan, fakeVerify, a, b);

describe('two statements of one place', () => {
  const { propose, prepare, commit, rankChange, refusal, certificate } = voices;
  const facts = (byte: number) => Uint8Array.from([byte]);
  const pairs: readonly (readonly [string, Message, Message])[] = [
    ['propose', propose(leader(0), 0, value), propose(leader(0), 0, OTHER)],
    [
      'propose by who does not lead',
      propose(COURT.follower(0), 0, value),
      propose(COURT.follower(0), 0, OTHER),
    ],
    ['prepare', prepare(1, 2, value), prepare(1, 2, OTHER)],
    ['commit', commit(1, 3, value), commit(1, 3, OTHER)],
    ['rank-change', rankChange(2, 1, null), rankChange(2, 1, value)],
    [
      'rank-change that did and did not hear',
      rankChange(2, 1, null, 0, true),
      rankChange(2, 1, null, 0, false),
    ],
    ['refusal', refusal(0, 0, value, 'code', facts(1)), refusal(0, 0, value, 'code', facts(2))],
    ['certificate', certificate(3, 1, value), certificate(3, 1, OTHER)],
  ];
  for (const [name, a, b] of pairs) {
    test(`are equivocation: ${name}`, () => {
      const evidence = assertHolds(make(a, b), 'equivocation', a.header.seat);
      assert.deepEqual(make(b, a), evidence);
    });
  }
});

describe('these are not equivocation', () => {
  const a = voices.prepare(1, 0, value);
  const b = voices.prepare(1, 0, OTHER);

  test('the same statement twice', () => {
    assert.equal(make(a, a), null);
    const evidence = only(make(a, b), 'equivocation');
    assertNot({ ...evidence, second: evidence.first }, /both statements are the same/);
  });

  test('hellos that differ, and notices of different evidence', () => {
    assert.equal(make(voices.hello(1), voices.hello(1, { seedInput: hashed('after a restart') })), null);
    const notice = (text: string) => voices.say(1, 0, { kind: 'evidence', digest: hashed(text) });
    assert.equal(make(notice('one'), notice('other')), null);
  });

  test('a statement with an invalid signature', () => {
    assert.equal(make(a, { ...b, signature: a.signature }), null);
    assert.equal(make(a, { ...b, signature: new Uint8Array(64) }), null);
  });
});

describe('evidence of equivocation that was altered', () => {
  const evidence = only(make(voices.prepare(1, 0, value), voices.prepare(1, 0, OTHER)), 'equivocation');
  const { first, second } = evidence;
  testAltered(
    [evidence],
    [
      ['swapped', { ...evidence, first: second, second: first }, /order/],
      ['signatures swapped', { ...evidence, first: { ...first, signature: second.signature } }, /signature/],
      ['accuses another seat', { ...evidence, seat: 2 }, /signature/],
      ['accuses a seat that is not there', { ...evidence, seat: 4 }, /no seat/],
      ['moved to another window', { ...evidence, window: 6n }, /signature/],
      ['moved to window 0', { ...evidence, window: 0n }, /no window/],
      ['moved behind the end of all chains', { ...evidence, window: 2n ** 64n - 1n }, /no window/],
      ['moved to another rank', { ...evidence, rank: 1 }, /signature/],
      ['moved to a rank that is not there', { ...evidence, rank: 4 }, /no rank/],
      ['moved to another group', { ...evidence, groupId: hashed('another') }, /another group/],
      ['moved to an unknown version', { ...evidence, version: 2 }, /version 2/],
      ['moved to another content of the version', { ...evidence, scheduleDigest: hashed('') }, /version 1/],
      [
        'one of another kind',
        { ...evidence, second: { ...second, statement: { kind: 'commit', digest: hashed('') } } },
        /different kinds/,
      ],
    ],
  );

  test('does not hold: made by the member of a seat with the key of another', () => {
    const keys = COURT.operators.keys.with(2, COURT.operators.keys[1] as never);
    const forged = fakeVoices({ ...COURT.operators, keys }, plan);
    assert.equal(make(forged.prepare(2, 0, value), forged.prepare(2, 0, OTHER)), null);
  });
});
