import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCKS, MAX_VOTES } from '@watchbill/chain/observe';
import { DEFAULT_LIMITS } from '../../service/index.ts';
import { MAX_OFFENCES, offencesOf, signaturesOf, votesOf } from './report.ts';

const LAST = 2n ** 64n - 1n;

test('the longest reports of blocks fit the body that a service takes, and no block is left out', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const longest = {
    ...{ duty: 'aura' as const, key: hash, digest: hash, hash, parentHash: hash },
    ...{ slot: LAST, relayParent: LAST, number: 2 ** 32 - 1 },
  };
  const reports = signaturesOf(
    hash,
    Array.from({ length: MAX_BLOCKS }, () => longest),
  );
  for (const report of reports) {
    const { length } = JSON.stringify(report);
    assert.ok(length < DEFAULT_LIMITS.bodyBytes, `${length} bytes`);
  }
  assert.equal(reports.flatMap(({ signatures }) => signatures).length, 3 * MAX_BLOCKS);
  assert.ok(MAX_BLOCKS >= 32, 'a gap is closed in few reports');
});

test('a block is a unit of each duty that may count it', () => {
  const at = { key: '0x01', digest: '0x02', hash: '0x03', parentHash: '0x04', slot: 9n, number: 7 };
  const unitsOf = (change: { duty: 'babe' | 'aura'; relayParent: bigint | null }) =>
    signaturesOf('0x91', [{ ...at, ...change }]).flatMap(({ signatures }) =>
      signatures.map(({ duty, unit }) => `${duty} ${unit}`),
    );
  assert.deepEqual(unitsOf({ duty: 'babe', relayParent: null }), ['babe 9']);
  assert.deepEqual(unitsOf({ duty: 'aura', relayParent: null }), ['aura 9', 'aura-blocks 9/7']);
  assert.deepEqual(unitsOf({ duty: 'aura', relayParent: LAST }), [
    'aura 9',
    'aura-blocks 9/7',
    `aura-parachain 9/7/${LAST}`,
  ]);
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
