import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { Justification, Message, Value } from './messages.ts';
import { checkJustification, justificationOf, leavesChoice, mustPropose } from './proof.ts';
import { fakeOperators, fakePlan, fakeValue, fakeVerify, fakeVoices } from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(7);
const PLAN = fakePlan(OPERATORS, 5n);
const { rankChange, votes } = fakeVoices(OPERATORS, PLAN);
const VALUE = fakeValue(PLAN);
const OTHER = fakeValue(PLAN, 'other');
const FREE = [0, 1, 2, 3, 4].map((seat) => rankChange(seat, 3, null));

/** Rank-changes into rank 3, some of them prepared. */
function changes(prepared: Readonly<Record<number, readonly [Value, number]>>): readonly Message[] {
  return [0, 1, 2, 3, 4, 5, 6].map((seat) => {
    const [value, rank] = prepared[seat] ?? [null, 0];
    return rankChange(seat, 3, value, rank);
  });
}

function justified(messages: readonly Message[]): Justification {
  const justification = justificationOf(PLAN, messages);
  assert.ok(justification !== null);
  return justification;
}

const check = (justification: Justification, value: Value, rank = 3) =>
  checkJustification(PLAN, rank, justification, valueDigest(value), fakeVerify);

describe('a justification', () => {
  test('of a quorum that was not prepared leaves the choice', () => {
    const justification = justified(FREE);
    assert.equal(check(justification, VALUE), null);
    assert.equal(check(justification, OTHER), null);
    assert.ok(leavesChoice(justification));
    assert.equal(mustPropose(justification, FREE), null);
  });

  test('binds to the value that was prepared in the highest rank', () => {
    const messages = changes({ 1: [OTHER, 0], 4: [VALUE, 2], 5: [OTHER, 1] });
    const justification = justified(messages);
    assert.equal(check(justification, VALUE), null);
    assert.match(check(justification, OTHER) ?? '', /another value was prepared in rank 2/);
    assert.ok(!leavesChoice(justification));
    assert.equal(mustPropose(justification, messages), messages[4]);
  });

  test('takes those that were prepared first, and no more than a quorum, in order of seat', () => {
    const { rankChanges, prepares } = justified(changes({ 6: [VALUE, 2], 5: [OTHER, 1] }).toReversed());
    assert.deepEqual(rankChanges.map(field('seat')), [0, 1, 2, 5, 6]);
    assert.equal(prepares.length, 5);
  });

  test('needs a quorum', () => {
    assert.equal(justificationOf(PLAN, FREE.slice(1)), null);
  });

  test('does not exist with other kinds of messages among them', () => {
    const prepare = fakeVoices(OPERATORS, PLAN).prepare(4, 3, VALUE);
    assert.equal(justificationOf(PLAN, [...FREE.slice(0, 4), prepare]), null);
  });
});

describe('a justification does not hold', () => {
  const free = justified(FREE);
  const forced = justified(changes({ 0: [VALUE, 1] }));
  const rows: readonly (readonly [string, Justification])[] = [
    ['with one less than a quorum', { ...free, rankChanges: free.rankChanges.slice(1) }],
    ['with one more', { ...free, rankChanges: [...free.rankChanges, { ...rankOf(rankChange(5, 3, null)) }] }],
    [
      'with a member twice',
      { ...free, rankChanges: [...free.rankChanges.slice(0, 4), ...free.rankChanges.slice(3, 4)] },
    ],
    ['out of order', { ...free, rankChanges: free.rankChanges.toReversed() }],
    [
      'of rank-changes into another rank',
      justified([0, 1, 2, 3, 4].map((seat) => rankChange(seat, 2, null))),
    ],
    [
      'where a claim was changed behind the signature',
      { ...free, rankChanges: free.rankChanges.map((change) => ({ ...change, heard: false })) },
    ],
    [
      'that hides what was prepared',
      { prepares: [], rankChanges: forced.rankChanges.map((change) => ({ ...change, prepared: null })) },
    ],
    ['without the prepares', { ...forced, prepares: [] }],
    ['with one prepare too few', { ...forced, prepares: forced.prepares.slice(1) }],
    [
      'with one too many',
      { ...forced, prepares: votes('prepare', 1, valueDigest(VALUE), [0, 1, 2, 3, 4, 5]) },
    ],
    ['with prepares of another rank', { ...forced, prepares: votes('prepare', 0, valueDigest(VALUE)) }],
    ['with prepares although no member was prepared', { ...free, prepares: forced.prepares }],
    [
      'with a claim to be prepared in the rank itself',
      justified([0, 1, 2, 3, 4].map((seat) => rankChange(seat, 3, VALUE, 3))),
    ],
  ];
  for (const [name, justification] of rows) {
    test(name, () => {
      assert.equal(check(free, VALUE), null);
      assert.equal(check(forced, VALUE), null);
      assert.notEqual(check(justification, VALUE), null);
    });
  }
});

test('where more than f members prepared twice, a leader that holds either proof is justified', () => {
  const messages = changes({ 0: [VALUE, 1], 6: [OTHER, 1] });
  const digests = [VALUE, OTHER].map((value) => votes('prepare', 1, valueDigest(value)));
  const { rankChanges } = justified(messages);
  assert.equal(check({ rankChanges, prepares: digests[0] ?? [] }, VALUE), null);
  assert.equal(check({ rankChanges, prepares: digests[1] ?? [] }, OTHER), null);
  assert.notEqual(check({ rankChanges, prepares: digests[0] ?? [] }, OTHER), null);
});

function rankOf({ header, statement, signature }: Message) {
  assert.ok(statement.kind === 'rank-change');
  const { prepared, heard } = statement;
  return { seat: header.seat, signature, prepared, heard };
}
