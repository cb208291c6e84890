import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from './messages.ts';
import { rankAt } from './rank.ts';
import { LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, changeOf, proposeOf } from './testing/fake-messages.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;

const change = (seat: number, rank: number): Message => changeOf(PLAN, seat, rank);

const ranks = (messages: readonly Message[]) => messages.map(({ header }) => header.rank);

test('a rank lasts as many blocks as the group says, and nothing comes after the last', () => {
  assert.deepEqual(
    [30n, 34n, 35n, 40n, 45n, 49n, 50n, 54n].map((height) => rankAt(PLAN, height)),
    [0, 0, 1, 2, 3, 3, null, null],
  );
});

describe('a member goes up', () => {
  test('with its height, directly to that rank, and stores it before it sends a message', () => {
    const member = memberAt(THIRD);
    const kinds = member.height(41n).map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(-3), ['store-cursor', 'broadcast', 'notice']);
    assert.deepEqual(ranks(member.sent('rank-change')), [2]);
    member.height(42n);
    assert.equal(member.sent('rank-change').length, 1);
  });

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

  test('not if it heard a proposal', () => {
    const member = memberAt(THIRD);
    member.hear(proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1)));
    member.height(35n);
    assert.deepEqual(heard(member.sent('rank-change')), [true]);
  });

  test('not if it left the rank before its time', () => {
    const member = memberAt(THIRD);
    member.hear(change(FIRST, 1), change(SECOND, 1));
    assert.deepEqual(heard(member.sent('rank-change')), [true]);
  });

  test('not if it came too late to hear a repeat', () => {
    const member = memberAt(THIRD);
    member.node.restart();
    member.height(33n);
    member.height(35n);
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
