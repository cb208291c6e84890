import assert from 'node:assert/strict';
import { test } from 'node:test';
import { target, voteKey } from './testing/vote-key.ts';
import { isSignedVote, type SignedVote } from './vote-signature.ts';

const { key, vote } = voteKey('11');
const DIGEST = target('aa');
const numbered = (number: bigint) => `0x${'aa'.repeat(32)}${number.toString(16).padStart(16, '0')}`;
const signed = (digest: string, part: SignedVote['part'] = 'precommit'): SignedVote => ({
  ...vote('3/7', digest, part),
  unit: [3n, 7n],
});
const GOOD = signed(DIGEST);

test('block numbers have 32 bits, so one signature is never that of two digests', () => {
  const good = signed(numbered(0xffff_ffffn));
  assert.equal(isSignedVote(good), true);
  for (const number of [0x1_ffff_ffffn, 0xffff_ffff_ffff_ffffn])
    assert.equal(isSignedVote({ ...good, digest: numbered(number) }), false);
});

test('bytes of another length are no vote and no key, and nothing throws', () => {
  const broken: readonly Partial<SignedVote>[] = [
    { digest: '0x' },
    { digest: DIGEST.slice(0, -2) },
    { digest: `${DIGEST}00` },
    { key: '0x' },
    { key: key.slice(0, -2) },
    { key: `${key}00` },
    { signature: GOOD.signature.slice(0, -2) },
    { unit: [] },
    { unit: [3n] },
  ];
  for (const change of broken)
    assert.equal(isSignedVote({ ...GOOD, ...change }), false, JSON.stringify(Object.values(change), String));
});
