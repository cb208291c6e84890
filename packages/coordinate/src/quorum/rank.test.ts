import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from './messages.ts';
import { LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, changeOf, proposeOf } from './testing/fake-messages.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;

const change = (seat: number, rank: number): Message => changeOf(PLAN, seat, rank);

const ranks = (messages: readonly Message[]) => messages.map(({ header }) => header.rank);

describe('a member goes up', () => {
  test('with f + 1 others, to the lowest of their ranks, and not with f', () => {
    const member = memberAt(THIRD);
    member.hear(change(FIRST, 3), change(FIRST, 1));
    assert.deepEqual(member.sent('rank-change'), []);
    member.hear(change(SECOND, 2));
    assert.deepEqual(ranks(member.sent('rank-change')), [2]);
    assert.deepEqual(member.notes('rank'), ['goes to rank 2 at height 30']);
  });

  test('with a proposal that a quorum justifies', () => {
    const member = memberAt(THIRD);
    const changes = others(THIRD).map((seat) => change(seat, 1));
    member.hear(proposeOf(PLAN, SECOND, 1, callOf(PLAN, 1), changes));
    assert.deepEqual(ranks(member.sent('rank-change')), [1]);
    assert.equal(member.node.of('validate').length, 1);
  });

  test('and not down again after a restart', () => {
    const member = memberAt(THIRD);
    member.hear(change(FIRST, 2), change(SECOND, 2));
    member.node.restart();
    member.height(31n);
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)));
    assert.deepEqual(member.node.of('validate'), []);
    assert.deepEqual(ranks(member.sent('rank-change')), [2]);
  });

  test('but never in the last part of the window', () => {
    const member = memberAt(THIRD);
    member.height(50n);
    assert.deepEqual(member.sent('rank-change'), []);
    member.hear(change(FIRST, 3), change(SECOND, 3));
    assert.deepEqual(member.dropped(), ['too-late', 'too-late']);
  });
});

describe('a rank-change says that the leader before was silent', () => {
  const heard = (messages: readonly Message[]) =>
    messages.map(({ statement }) => statement.kind === 'rank-change' && statement.heard);

  test('if the member waited and heard no proposal', () => {
    const member = memberAt(THIRD);
    member.height(35n);
    assert.deepEqual(heard(member.sent('rank-change')), [false]);
  });

  test('not if it left the rank before its time', () => {
    const member = memberAt(THIRD);
    member.hear(change(FIRST, 1), change(SECOND, 1));
    assert.deepEqual(heard(member.sent('rank-change')), [true]);
  });

  test('not if that leader may have lacked a quorum of rank-changes', () => {
    const member = memberAt(THIRD);
    member.height(35n);
    member.height(40n);
    assert.deepEqual(heard(member.sent('rank-change')), [false, true]);
    const other = memberAt(THIRD);
    other.height(35n);
    other.hear(change(FIRST, 1), change(SECOND, 1));
    other.height(40n);
    assert.deepEqual(heard(other.sent('rank-change')), [false, false]);
  });
});
