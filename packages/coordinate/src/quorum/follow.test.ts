import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { Validation } from '../rules.ts';
import type { Message, Value } from './messages.ts';
import { type FakeMember, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, certificateOf, changeOf, messageOf, proposeOf, votesOf } from './testing/fake-messages.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;
/** A quorum, without the member that is tested. */
const OTHERS = others(THIRD);
const VALUE = callOf(PLAN, 1);
const DIGEST = valueDigest(VALUE);
const VALID = { result: 'valid' } as const;
const PROPOSE = proposeOf(PLAN, FIRST, 0, VALUE);

const votes = (
  kind: 'prepare' | 'commit',
  seats: readonly number[],
  rank = 0,
  value: Value = VALUE,
): readonly Message[] =>
  seats.map((seat) => messageOf(PLAN, seat, rank, { kind, digest: valueDigest(value) }));

const refused = (code = 'no', facts = new Uint8Array()) =>
  ({ result: 'refused', code, detail: '', facts }) as const;

/** The third member, which heard the proposal and got this answer of its validator. */
function memberWith(answer: Validation): FakeMember {
  const member = memberAt(THIRD);
  member.hear(PROPOSE);
  member.answer(answer);
  return member;
}

function prepared(member: FakeMember): boolean {
  return member.sent('prepare').length === 1;
}

describe('a proposal', () => {
  test('of a noop while an action is due is noted once, and prepared', () => {
    const member = memberAt(THIRD);
    const noop = { ...VALUE, action: 'noop', validityBlocks: 0n, content: new Uint8Array() };
    member.hear(proposeOf(PLAN, FIRST, 0, noop));
    const expected = [`m${FIRST} proposed a noop in rank 0, although call is due`];
    assert.deepEqual(member.notes('noop-while-due'), expected);
    assert.ok(prepared(member));
    const busy = memberAt(THIRD);
    busy.hear(PROPOSE);
    assert.deepEqual(busy.notes('noop-while-due'), []);
  });

  test('of a second kind by the same leader is not taken', () => {
    const member = memberAt(THIRD);
    member.hear(PROPOSE, proposeOf(PLAN, FIRST, 0, callOf(PLAN, 2)));
    assert.equal(member.node.of('validate').length, 1);
  });

  test('whose validation is unknown signs nothing, and is asked about at each further height', () => {
    const member = memberWith({ result: 'unknown', why: 'the node does not answer' });
    member.hear(...votes('prepare', [FIRST, SECOND, ...others(FIRST, SECOND, THIRD)]));
    assert.deepEqual(member.sent('commit'), []);
    assert.equal(prepared(member), false);
    for (const height of [31n, 32n]) {
      member.height(height);
      member.answer({ result: 'unknown', why: 'still' });
    }
    assert.equal(member.node.of('validate').length, 3);
    member.height(33n);
    member.answer(VALID);
    assert.ok(prepared(member));
    assert.equal(member.sent('commit').length, 1);
  });

  test('answers without a question are dropped', () => {
    const member = memberAt(THIRD);
    member.node.give({ kind: 'validated', window: 1n, key: 'ab', answer: VALID });
    assert.deepEqual(member.dropped(), ['late']);
    member.hear(PROPOSE);
    member.answer(VALID);
    member.answer(refused());
    assert.deepEqual(member.dropped(), ['late', 'late']);
    assert.deepEqual(member.sent('refusal'), []);
  });
});

describe('a refused proposal', () => {
  test('is refused once, with its reason and facts, and neither prepared nor committed', () => {
    const facts = Uint8Array.from([4, 5]);
    const member = memberWith(refused('wrong-payee', facts));
    const [refusal] = member.sent('refusal');
    assert.ok(refusal?.statement.kind === 'refusal');
    assert.equal(refusal.statement.code, 'wrong-payee');
    assert.deepEqual(refusal.attachment.bytes, facts);
    member.hear(...votes('prepare', OTHERS));
    for (const height of [31n, 32n, 36n]) member.height(height);
    assert.equal(member.sent('refusal').length, 1);
    assert.deepEqual([...member.sent('prepare'), ...member.sent('commit')], []);
  });

  test('is not refused again in the next rank, though others prepared it and its leader had to propose it', () => {
    const member = memberWith(refused());
    member.height(35n);
    const changes = OTHERS.map((seat) => changeOf(PLAN, seat, 1, { value: VALUE, signers: OTHERS }));
    member.hear(proposeOf(PLAN, SECOND, 1, VALUE, changes));
    assert.equal(member.sent('refusal').length, 1);
    assert.deepEqual(member.sent('prepare'), []);
    assert.deepEqual(member.faults(), []);
  });

  test('is still refused after a restart, without another question or refusal', () => {
    const member = memberWith(refused());
    member.node.restart();
    member.height(31n);
    member.hear(PROPOSE);
    assert.equal(member.node.of('validate').length, 1);
    member.hear(...votes('prepare', OTHERS));
    assert.equal(member.sent('refusal').length, 1);
    assert.deepEqual([...member.sent('prepare'), ...member.sent('commit')], []);
  });

  test('with a code that is not a name, or with too many facts, is refused in a form that fits', () => {
    const member = memberWith(refused('Not A Name', new Uint8Array(5_000)));
    const [refusal] = member.sent('refusal');
    assert.ok(refusal?.statement.kind === 'refusal');
    assert.equal(refusal.statement.code, 'refused');
    assert.equal(refusal.attachment.bytes.length, 0);
  });

  for (const [code, value] of [
    ['other-resource', { ...VALUE, resource: 'account/2' }],
    ['other-validity', { ...VALUE, validityBlocks: 9n }],
    ['noop-with-content', { ...VALUE, action: 'noop', validityBlocks: 0n }],
  ] as const) {
    test(`${code}: asks no validator, and is its leader's mistake`, () => {
      const member = memberAt(THIRD);
      member.hear(proposeOf(PLAN, FIRST, 0, value));
      assert.deepEqual(member.node.of('validate'), []);
      const [refusal] = member.sent('refusal');
      assert.ok(refusal?.statement.kind === 'refusal');
      assert.equal(refusal.statement.code, code);
      assert.deepEqual(member.faults(), [`m${FIRST} mistake`]);
    });
  }
});

describe('a lock', () => {
  test('needs a quorum of prepares of different seats for one digest', () => {
    const member = memberWith(VALID);
    const [second = PROPOSE] = votes('prepare', [SECOND]);
    member.hear(second, second);
    assert.deepEqual(member.sent('commit'), []);
    member.hear(...votes('prepare', others(FIRST, SECOND, THIRD), 0, callOf(PLAN, 2)));
    assert.deepEqual(member.sent('commit'), []);
    member.hear(...votes('prepare', [FIRST]));
    assert.equal(member.sent('commit').length, 1);
    assert.match(member.notes('locked')[0] ?? '', /^locked call [0-9a-f]{16} in rank 0$/);
  });

  test('is not taken in a rank that was left', () => {
    const member = memberWith(VALID);
    member.height(35n);
    member.hear(...votes('prepare', [FIRST, SECOND]));
    assert.deepEqual(member.sent('commit'), []);
    assert.deepEqual(member.sent('rank-change')[0]?.statement, {
      kind: 'rank-change',
      prepared: null,
      heard: true,
    });
  });

  test('is stored before the commit is sent', () => {
    const member = memberWith(VALID);
    const kinds = member.hear(...votes('prepare', [FIRST, SECOND])).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['store-cursor', 'broadcast', 'notice']);
  });

  test('goes with the next rank-change, with its value and its prepares', () => {
    const member = memberWith(VALID);
    member.hear(...votes('prepare', [FIRST, SECOND]));
    member.node.restart();
    member.height(35n);
    const [change] = member.sent('rank-change');
    assert.deepEqual(change?.statement, {
      kind: 'rank-change',
      prepared: { rank: 0, digest: DIGEST },
      heard: true,
    });
    assert.deepEqual(change?.attachment.value, VALUE);
    assert.deepEqual(change?.attachment.votes.map(field('seat')), [FIRST, SECOND, THIRD].sort());
  });
});

describe('a certificate', () => {
  test('forms from a quorum of commits of one rank, the own or another', () => {
    const member = memberAt(THIRD);
    member.hear(PROPOSE, ...votes('commit', OTHERS.slice(0, 2)));
    member.height(35n);
    assert.deepEqual(member.notes('certificate'), []);
    member.hear(...votes('commit', OTHERS.slice(2), 1));
    assert.deepEqual(member.notes('certificate'), []);
    member.hear(...votes('commit', OTHERS.slice(2)));
    assert.match(
      member.notes('certificate')[0] ?? '',
      /^certificate of rank 0 for call [0-9a-f]{16} with 3 of 4 commits$/,
    );
    assert.equal(member.sent('certificate').length, 1);
  });

  test('that arrives decides, is sent on once, and ends all voting', () => {
    const member = memberAt(THIRD);
    const effects = member.hear(certificateOf(PLAN, FIRST, VALUE, OTHERS));
    assert.deepEqual(effects.map(field('kind')), ['store-cursor', 'broadcast', 'notice']);
    member.hear(PROPOSE);
    for (const height of [35n, 40n]) member.height(height);
    assert.deepEqual(member.node.of('validate'), []);
    assert.equal(member.sent('certificate').length, 1);
    assert.deepEqual([...member.sent('prepare'), ...member.sent('rank-change')], []);
    member.node.restart();
    member.height(41n);
    member.height(55n);
    assert.equal(member.node.of('execute').length, 1);
  });

  test('whose commits are too few, of one seat, or of another rank does not count', () => {
    const member = memberAt(THIRD);
    member.hear(certificateOf(PLAN, FIRST, VALUE, OTHERS.slice(1)));
    const votes = votesOf(PLAN, 'commit', 0, VALUE, OTHERS);
    member.hear(messageOf(PLAN, FIRST, 1, { kind: 'certificate', digest: DIGEST }, { value: VALUE, votes }));
    assert.deepEqual(member.dropped(), ['bad-proof', 'bad-proof']);
    assert.deepEqual(member.notes('certificate'), []);
  });
});
