import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { JUSTIFICATION, JUSTIFIED } from '../testing/index.ts';
import { readJustification } from './justification.ts';
import { isSignedVote, voteDigest } from './vote-signature.ts';

const { set, round, target, keys } = JUSTIFIED;

test('a recorded justification: its round, its block, and each authority that voted', () => {
  const read = readJustification(JUSTIFICATION);
  assert.deepEqual([read.round, read.target], [round, target]);
  assert.deepEqual(read.precommits.map(field('key')), keys);
  for (const { target: voted } of read.precommits) assert.ok(voted.number >= target.number);
});

test('each recorded signature holds for its vote, round and set, and for nothing else', () => {
  for (const precommit of readJustification(JUSTIFICATION).precommits) {
    const vote = { ...precommit, part: 'precommit', set, round } as const;
    assert.equal(isSignedVote(vote), true);
    const other = { ...vote.target, number: vote.target.number + 1 };
    for (const changed of [
      { ...vote, part: 'prevote' as const },
      { ...vote, set: set + 1n },
      { ...vote, round: round + 1n },
      { ...vote, target: other },
      { ...vote, target: { ...vote.target, hash: `0x${'00'.repeat(32)}` } },
      { ...vote, key: keys.find((key) => key !== vote.key) ?? '' },
      { ...vote, signature: vote.signature.slice(1) },
    ])
      assert.equal(isSignedVote(changed), false);
  }
});

test('a digest is the hash and the number as 8 bytes, as a gate claims it', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  assert.equal(voteDigest({ hash, number: 2 ** 32 - 1 }), `${hash}00000000ffffffff`);
  assert.equal(voteDigest({ hash, number: 7 }), `${hash}0000000000000007`);
});

test('other bytes are a fault, and no text is read as half a justification', () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((each) => `0x${Buffer.from(each).toString('hex')}`);
  const cut = fc.integer({ min: 0, max: 550 }).map((length) => JUSTIFICATION.slice(0, 2 + 2 * length));
  fc.assert(
    fc.property(fc.oneof(bytes, cut, fc.string()), (item) => {
      try {
        const { precommits } = readJustification(item);
        for (const { signature } of precommits) assert.equal(signature.length, 64);
      } catch (error) {
        assert.ok(error instanceof NodeFault && error.code === 'malformed');
      }
    }),
  );
  assert.throws(() => readJustification({ round: 1 }), NodeFault);
  // With block numbers of 64 bits, the zeros behind the target's would be a list without votes.
  const wide = `${JUSTIFICATION.slice(0, 2 + 2 * 44)}00000000${JUSTIFICATION.slice(2 + 2 * 44)}`;
  assert.throws(() => readJustification(wide), /a justification without votes/);
  assert.throws(() => readJustification(JUSTIFICATION.slice(0, 600)), /in the middle of a value|declares/);
});
