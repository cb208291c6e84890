import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockLine, readVoteLine } from './recorded-lines.ts';

const VOTE = {
  atMs: 7,
  via: 'vote',
  set: '1',
  round: '9007199254740991',
  kind: 'prevote',
  hash: '0xAb',
  number: '17',
  authority: '0xcd',
  valid: true,
};
const BLOCK = { atMs: 7, slot: '5', number: '2', hash: '0xab', parent: '0xaa', author: '0xcd', own: false };

test('a vote is read, its hex in lower case', () => {
  assert.deepEqual(readVoteLine(JSON.stringify(VOTE)), {
    atMs: 7,
    set: 1,
    round: 9007199254740991,
    kind: 'prevote',
    hash: '0xab',
    number: 17,
    authority: '0xcd',
  });
});

test('a vote that its authority did not sign accuses no validator', () => {
  assert.equal(readVoteLine(JSON.stringify({ ...VOTE, valid: false })), null);
});

test('a block is read; one without an author is passed over', () => {
  assert.deepEqual(readBlockLine(JSON.stringify(BLOCK)), {
    atMs: 7,
    late: false,
    hash: '0xab',
    number: 2,
    slot: 5,
    authority: '0xcd',
  });
  assert.equal(readBlockLine(JSON.stringify({ ...BLOCK, slot: null, author: null })), null);
});

test('what is not such a line is refused', () => {
  for (const change of [
    { kind: 'guess' },
    { valid: 'true' },
    { round: -1 },
    { round: '9007199254740992' },
    { round: '1.5' },
    { hash: 'ab' },
    { authority: null },
    { atMs: undefined },
  ])
    assert.throws(
      () => readVoteLine(JSON.stringify({ ...VOTE, ...change })),
      /cannot be read/,
      JSON.stringify(change),
    );
  for (const change of [{ slot: 'five' }, { hash: null }, { author: 7 }, { number: '' }])
    assert.throws(
      () => readBlockLine(JSON.stringify({ ...BLOCK, ...change })),
      /cannot be read/,
      JSON.stringify(change),
    );
  for (const line of ['', '{', 'null', '7']) assert.throws(() => readVoteLine(line), Error, line);
});
