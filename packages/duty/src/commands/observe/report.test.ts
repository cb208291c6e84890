import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCKS, MAX_VOTES } from '@watchbill/chain/observe';
import { DEFAULT_LIMITS } from '../../service/index.ts';
import { dueReportsOf, MAX_OFFENCES, offencesOf, signaturesOf, votesOf } from './report.ts';

const LAST = 2n ** 64n - 1n;
const times = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item);

function fit(reports: readonly object[]): void {
  for (const report of reports) {
    const { length } = JSON.stringify(report);
    assert.ok(length < DEFAULT_LIMITS.bodyBytes, `${length} bytes`);
  }
}

test('the longest reports of blocks fit the body that a service takes, and no block is left out', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const longest = {
    ...{ duty: 'aura' as const, key: hash, digest: hash, hash, parentHash: hash },
    ...{ slot: LAST, relayParent: LAST, number: 2 ** 32 - 1 },
  };
  const reports = signaturesOf(hash, times(MAX_BLOCKS, longest));
  fit(reports);
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
  const unknown = unitsOf({ duty: 'aura', relayParent: null });
  assert.deepEqual(unknown, ['aura 9', 'aura-blocks 9/7', 'aura-parachain 9/7']);
  assert.deepEqual(unitsOf({ duty: 'aura', relayParent: LAST }), [
    'aura 9',
    'aura-blocks 9/7',
    `aura-parachain 9/7/${LAST}`,
  ]);
});

test('the longest reports of votes, offences and due slots fit it too, and none is left out', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const target = { hash, number: 2 ** 32 - 1 };
  const vote = {
    ...{ key: hash, part: 'precommit' as const, set: LAST, round: LAST },
    ...{ target, finalised: target, signature: new Uint8Array(64) },
  };
  const digest = `0x${'ab'.repeat(40)}`;
  const signature = `0x${'ab'.repeat(64)}`;
  const offence = {
    ...{ duty: 'grandpa' as const, key: hash, unit: `${LAST}/${LAST}`, part: 'precommit' as const },
    ...{ digests: [digest, digest] as const, signatures: [signature, signature] as const },
  };
  const equivocations = times(MAX_OFFENCES + 1, offence);
  const offences = offencesOf(hash, { block: target, equivocations, otherKinds: [], unread: [] });
  assert.equal(offences.flatMap((report) => report.offences).length, equivocations.length);
  const slots = times(16, { key: hash, slot: LAST });
  const pass = { duty: 'babe' as const, onRelay: false, after: LAST, slot: LAST, author: hash, due: slots };
  const due = dueReportsOf(hash, times(MAX_BLOCKS, { ...pass, next: { until: LAST, due: slots } }));
  assert.equal(due.flatMap(({ passes }) => passes).length, MAX_BLOCKS);
  fit([votesOf(hash, times(MAX_VOTES, vote)), ...offences, ...due]);
});
