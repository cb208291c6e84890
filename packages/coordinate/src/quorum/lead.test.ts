import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { Message, Value } from './messages.ts';
import { CONTENT } from './testing/fake-group.ts';
import { type FakeMember, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, changeOf, proposeOf } from './testing/fake-messages.ts';

const [FIRST = -1, SECOND = -1] = LEADERS;

function made(member: FakeMember, attempt: number, action = 'call', content: Uint8Array = CONTENT) {
  return member.node.give({ kind: 'proposal', window: 1n, attempt, proposal: { action, content } });
}

const failed = (member: FakeMember, attempt: number) =>
  member.node.give({ kind: 'no-proposal', window: 1n, attempt, why: 'no answer' });

const attempts = (member: FakeMember) => member.node.of('generate').map(({ attempt }) => attempt);

/** Rank-changes into a rank; those of `locked` claim a quorum of prepares of the rank before. */
function changesInto(
  rank: number,
  seats: readonly number[],
  locked: readonly number[] = [],
  value: Value = callOf(PLAN, 1),
): readonly Message[] {
  const lock = { value, signers: others(FIRST) };
  return seats.map((seat) => changeOf(PLAN, seat, rank, locked.includes(seat) ? lock : null));
}

describe('the leader of rank 0', () => {
  test('stores its proposal before it is sent, and asks no generator after a restart', () => {
    const member = memberAt(FIRST);
    assert.deepEqual(made(member, 1).map(field('kind')), ['store-cursor', 'broadcast', 'broadcast']);
    member.node.restart();
    member.height(31n);
    assert.equal(member.node.of('generate').length, 1);
    assert.equal(member.sent('propose').length, 1);
  });

  test('whose generator fails asks at the next heights, three times in all', () => {
    const member = memberAt(FIRST);
    failed(member, 1);
    assert.deepEqual(attempts(member), [1]);
    for (const [attempt, height] of [
      [2, 31n],
      [3, 32n],
    ] as const) {
      member.height(height);
      failed(member, attempt);
    }
    member.height(33n);
    assert.deepEqual(attempts(member), [1, 2, 3]);
    assert.deepEqual(member.sent('propose'), []);
  });

  for (const [what, action, content] of [
    ['an action that is not due', 'rare', CONTENT],
    ['an action that is not in the agenda', 'other', CONTENT],
    ['a noop with content', 'noop', CONTENT],
    ['a content that is too large', 'call', new Uint8Array(9_000)],
  ] as const) {
    test(`whose generator makes ${what} does not propose it`, () => {
      const member = memberAt(FIRST);
      made(member, 1, action, content);
      assert.deepEqual(member.sent('propose'), []);
      member.height(31n);
      made(member, 2);
      assert.equal(member.sent('propose').length, 1);
    });
  }

  test('whose generator comes after its rank does not propose any more', () => {
    const member = memberAt(FIRST);
    member.height(35n);
    made(member, 1);
    assert.deepEqual(member.sent('propose'), []);
    assert.deepEqual(member.dropped(), ['late']);
  });
});

describe('the leader of a later rank', () => {
  test('proposes the value prepared in the highest rank, without its generator, and has it validated', () => {
    const member = memberAt(SECOND);
    const [third = -1, fourth = -1] = others(FIRST, SECOND);
    const value = callOf(PLAN, 1);
    member.height(35n);
    member.hear(...changesInto(1, [third, fourth], [fourth], value));
    const [proposal] = member.sent('propose');
    assert.deepEqual(proposal?.attachment.value, value);
    assert.equal(proposal?.attachment.justification?.prepares.length, 3);
    assert.deepEqual(attempts(member), []);
    assert.deepEqual(member.sent('prepare'), []);
    member.answer({ result: 'valid' });
    assert.equal(member.sent('prepare').length, 1);
  });

  test('proposes a prepared value that it hears of while its generator works', () => {
    const member = memberAt(SECOND);
    const [third = -1, fourth = -1] = others(FIRST, SECOND);
    member.height(35n);
    member.hear(...changesInto(1, [FIRST, third]));
    assert.deepEqual(attempts(member), [1]);
    member.hear(...changesInto(1, [fourth], [fourth]));
    made(member, 1);
    assert.deepEqual(member.sent('propose')[0]?.attachment.value, callOf(PLAN, 1));
    assert.deepEqual(member.dropped(), ['late']);
  });

  test('does not propose a value that it refused, nor prepare one that its validator does not know', () => {
    const [third = -1, fourth = -1] = others(FIRST, SECOND);
    for (const [answer, proposals] of [
      [{ result: 'refused', code: 'no', detail: '', facts: new Uint8Array() }, 0],
      [{ result: 'unknown', why: '' }, 1],
    ] as const) {
      const member = memberAt(SECOND);
      member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)));
      member.answer(answer);
      if (answer.result === 'refused') member.node.restart();
      member.height(35n);
      member.hear(...changesInto(1, [third, fourth]));
      made(member, 1, 'call', callOf(PLAN, 1).content);
      assert.equal(member.sent('propose').length, proposals);
      assert.deepEqual(member.sent('prepare'), []);
    }
  });

  test('does not propose a value that was refused after its rank was over', () => {
    const [third = -1, fourth = -1] = others(FIRST, SECOND);
    const member = memberAt(SECOND);
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)));
    member.height(35n);
    member.answer({ result: 'refused', code: 'no', detail: '', facts: new Uint8Array() });
    assert.deepEqual(member.sent('refusal'), []);
    member.hear(...changesInto(1, [third, fourth]));
    made(member, 1, 'call', callOf(PLAN, 1).content);
    assert.deepEqual(member.sent('propose'), []);
  });
});
