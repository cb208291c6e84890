import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeMessage, NO_ATTACHMENT } from './codec.ts';
import type { Attachment, Message, MessageRefusal } from './messages.ts';
import { openMessage } from './open.ts';
import { placeOf } from './plan.ts';
import { justificationOf } from './proof.ts';
import { domainOf, type WindowPlace } from './signing.ts';
import {
  fakeKey,
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  fakeVoices,
  hashed,
} from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4);
const PLAN = fakePlan(OPERATORS, 5n);
const SELF = 3;
const VALUE = fakeValue(PLAN);
const voices = fakeVoices(OPERATORS, PLAN);

function open(message: Message, place: WindowPlace = PLAN) {
  return openMessage(PLAN, SELF, fakeVerify, encodeMessage(domainOf(place), message));
}

/** Refused, and whether the message was still given back: then its signature holds. */
function assertRefused(
  message: Message,
  refusal: MessageRefusal,
  isGiven: boolean,
  place?: WindowPlace,
): void {
  const opened = open(message, place);
  assert.deepEqual(opened, isGiven ? { ok: false, refusal, message } : { ok: false, refusal });
}

const attached = (message: Message, changes: Partial<Attachment>): Message => ({
  ...message,
  attachment: { ...message.attachment, ...changes },
});

describe('the origin of a message', () => {
  const { prepare } = voices;

  test('another chain or group', () => {
    assertRefused(prepare(0, 0, VALUE), 'wrong-domain', false, { ...PLAN, groupId: hashed('another') });
    const group = { ...PLAN.group, genesis: hashed('another') };
    assertRefused(prepare(0, 0, VALUE), 'wrong-domain', false, { ...PLAN, group });
  });

  test('a rank that the window does not have', () => {
    assert.ok(open(prepare(0, 3, VALUE)).ok);
    assertRefused(prepare(0, 4, VALUE), 'no-such-rank', false);
  });
});

describe('another version of the schedule', () => {
  const other = placeOf(PLAN.group, [{ ...PLAN.version, version: 2 }], PLAN.window);
  const sameNumber = placeOf(PLAN.group, [{ ...PLAN.version, agenda: [] }], PLAN.window);

  for (const [name, place] of [
    ['of another number', other],
    ['that says something else under the same number', sameNumber],
  ] as const) {
    const theirs = fakeVoices(OPERATORS, PLAN, place);
    test(`${name}: its messages are refused and given back, a hello is read`, () => {
      assertRefused(theirs.prepare(0, 0, VALUE), 'version-differs', true, place);
      assert.ok(open(theirs.hello(0), place).ok);
      // The domain on the wire is what the signature is checked under.
      assertRefused(theirs.hello(0), 'bad-signature', false, PLAN);
    });
  }
});

test('a number of a version that is not the one of its digest is another version', () => {
  const place = { ...PLAN, version: { ...PLAN.version, version: 2 } };
  const message = fakeVoices(OPERATORS, PLAN, place).prepare(0, 0, VALUE);
  assertRefused(message, 'version-differs', true, place);
});

describe('the attachment matches the signature', () => {
  const { propose, refusal, certificate, rankChange, say } = voices;
  const another = fakeValue(PLAN, 'another');

  test('the value of a proposal, a rank-change, a certificate', () => {
    for (const message of [propose(0, 0, VALUE), rankChange(0, 1, VALUE), certificate(0, 0, VALUE)]) {
      assert.ok(open(message).ok);
      assertRefused(attached(message, { value: another }), 'bad-attachment', true);
    }
  });

  test('action and reference block that a proposal shows are those of its value', () => {
    assertRefused(propose(0, 0, VALUE, null, { action: 'rotate' }), 'bad-attachment', true);
    const elsewhere = { ...VALUE, referenceHash: hashed('elsewhere') };
    assertRefused(propose(0, 0, elsewhere), 'bad-attachment', true);
  });

  test('the justification', () => {
    const changes = (heard: boolean) => [0, 1, 2].map((seat) => rankChange(seat, 1, null, 0, heard));
    const [one, other] = [justificationOf(PLAN, changes(true)), justificationOf(PLAN, changes(false))];
    const message = propose(0, 1, VALUE, one);
    assert.ok(open(message).ok);
    assertRefused(attached(message, { justification: other }), 'bad-attachment', true);
  });

  test('facts and evidence', () => {
    const bytes = Uint8Array.from([2]);
    const message = refusal(0, 0, VALUE, 'code', Uint8Array.from([1]));
    assert.ok(open(message).ok);
    assertRefused(attached(message, { bytes }), 'bad-attachment', true);
    assertRefused(say(0, 0, { kind: 'evidence', digest: hashed('') }, { bytes }), 'bad-attachment', true);
  });
});

describe('proofs', () => {
  const { propose, certificate, rankChange, votes, say } = voices;
  const digest = valueDigest(VALUE);

  test('of a certificate: a quorum of commits, in its rank, for its value, all of them good', () => {
    const message = certificate(0, 1, VALUE);
    assert.ok(open(message).ok);
    const four = votes('commit', 1, digest, [0, 1, 2, 3]);
    assert.ok(open(attached(message, { votes: four })).ok);
    for (const bad of [
      votes('commit', 1, digest, [0, 1]),
      votes('commit', 0, digest),
      votes('prepare', 1, digest),
      votes('commit', 1, hashed('another')),
      votes('commit', 1, digest, [0, 1, 4]),
      [...votes('commit', 1, digest), ...votes('commit', 0, digest, [3])],
    ]) {
      assertRefused(attached(message, { votes: bad }), 'bad-proof', true);
    }
  });

  test('of a rank-change that was prepared: a quorum of prepares of that rank', () => {
    const message = rankChange(0, 3, VALUE, 1);
    assert.ok(open(message).ok);
    for (const bad of [
      [],
      votes('prepare', 1, digest, [1, 2]),
      votes('prepare', 2, digest),
      votes('commit', 1, digest),
    ]) {
      assertRefused(attached(message, { votes: bad }), 'bad-proof', true);
    }
  });

  test('of a proposal of a later rank: a justification that holds', () => {
    const forced = justificationOf(
      PLAN,
      [0, 1, 2].map((seat) => rankChange(seat, 2, seat === 2 ? VALUE : null)),
    );
    assert.ok(open(propose(0, 2, VALUE, forced)).ok);
    assertRefused(propose(0, 2, fakeValue(PLAN, 'another'), forced), 'unjustified', true);
    assertRefused(propose(0, 1, VALUE, forced), 'unjustified', true);
    assertRefused(propose(0, 2, VALUE, { rankChanges: [], prepares: [] }), 'unjustified', true);
  });

  test('are not needed by a statement without one', () => {
    const statement = { kind: 'rank-change', prepared: null, heard: false } as const;
    assert.ok(open(say(0, 1, statement, NO_ATTACHMENT)).ok);
  });

  test('cannot be made with keys from outside the group', () => {
    const outsiders = { ...OPERATORS, keys: OPERATORS.keys.map((_, i) => fakeKey(`outsider ${i}`)) };
    const bad = fakeVoices(outsiders, PLAN).votes('commit', 1, digest);
    assertRefused(attached(certificate(0, 1, VALUE), { votes: bad }), 'bad-proof', true);
  });
});
