import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCKS, MAX_VOTES } from '@watchbill/chain/observe';
import { DEFAULT_LIMITS } from '@watchbill/permit';
import { MAX_OFFENCES, offencesOf, signaturesOf, votesOf } from './report.ts';

test('the longest report of blocks fits the body that a service takes', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const longest = {
    ...{ duty: 'babe' as const, key: hash, digest: hash, hash, parentHash: hash },
    ...{ slot: 2n ** 64n - 1n, number: Number.MAX_SAFE_INTEGER },
  };
  const report = signaturesOf(
    hash,
    Array.from({ length: MAX_BLOCKS }, () => longest),
  );
  const { length } = JSON.stringify(report);
  assert.ok(length < DEFAULT_LIMITS.bodyBytes, `${length} bytes`);
  assert.ok(MAX_BLOCKS >= 32, 'a gap is closed in few reports');
});

test('the longest reports of votes and offences fit it too, and no offence is left out', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const target = { hash, number: 2 ** 32 - 1 };
  const vote = {
    ...{ key: hash, part: 'precommit' as const, set: 2n ** 64n - 1n, round: 2n ** 64n - 1n },
    ...{ target, finalised: target, signature: new Uint8Array(64) },
  };
  const votes = votesOf(
    hash,
    Array.from({ length: MAX_VOTES }, () => vote),
  );
  const digest = `0x${'ab'.repeat(40)}`;
  const signature = `0x${'ab'.repeat(64)}`;
  const offence = {
    ...{ duty: 'grandpa' as const, key: hash, unit: `${2n ** 64n - 1n}/${2n ** 64n - 1n}` },
    ...{ part: 'precommit' as const, digests: [digest, digest] as const },
    signatures: [signature, signature] as const,
  };
  const equivocations = Array.from({ length: MAX_OFFENCES + 1 }, () => offence);
  const offences = offencesOf(hash, { block: target, equivocations, otherKinds: [], unread: [] });
  assert.deepEqual(
    offences.map((report) => report.offences.length),
    [MAX_OFFENCES, 1],
  );
  for (const report of [votes, ...offences]) {
    const { length } = JSON.stringify(report);
    assert.ok(length < DEFAULT_LIMITS.bodyBytes, `${length} bytes`);
  }
});
